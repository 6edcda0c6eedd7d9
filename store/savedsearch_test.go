package store_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestSavedSearchesAreTheirUsersAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := addUser(t, b, b.tenant, "ann@example.com", hook.RoleAdmin)
	bob := addUser(t, b, b.tenant, "bob@example.com", hook.RoleAdmin)
	id, err := b.SaveSearch(t.Context(), b.tenant, ann.ID, hook.SavedSearch{Name: " Late  invoices ", Query: " invoice is:archived "})
	require.NoError(t, err)
	list, err := b.SavedSearches(t.Context(), b.tenant, ann.ID)
	require.NoError(t, err)
	require.Equal(t, []hook.SavedSearch{{ID: id, Name: "Late invoices", Query: "invoice is:archived"}}, list)

	same, err := b.SaveSearch(t.Context(), b.tenant, ann.ID, hook.SavedSearch{Name: "Late invoices", Query: "inv*"})
	require.NoError(t, err)
	require.Equal(t, id, same, "one name, one search")
	list, err = b.SavedSearches(t.Context(), b.tenant, bob.ID)
	require.NoError(t, err)
	require.Empty(t, list)
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(b.DeleteSearch(t.Context(), b.tenant, bob.ID, id)))
	_, err = b.SaveSearch(t.Context(), b.addTenant(t), ann.ID, hook.SavedSearch{Name: "x", Query: "y"})
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err), "of another tenant")

	require.NoError(t, b.DeleteUser(t.Context(), b.tenant, ann.ID))
	require.Zero(t, b.count(t, "SELECT count(*) FROM saved_searches"))
}

func TestSavedSearchesHaveALimitAlsoWhenManyAreSavedAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := addUser(t, b, b.tenant, "ann@example.com", hook.RoleAdmin)
	var group sync.WaitGroup
	var refused sync.Map
	for n := range hook.MaxSavedSearches + 3 {
		group.Go(func() {
			if _, err := b.SaveSearch(t.Context(), b.tenant, ann.ID, hook.SavedSearch{Name: strconv.Itoa(n), Query: "x"}); err != nil {
				refused.Store(n, hook.CodeOf(err))
			}
		})
	}
	group.Wait()
	count := 0
	refused.Range(func(_, code any) bool {
		require.Equal(t, hook.CodeConflict, code)
		count++
		return true
	})
	require.Equal(t, 3, count)
	list, err := b.SavedSearches(t.Context(), b.tenant, ann.ID)
	require.NoError(t, err)
	require.Len(t, list, hook.MaxSavedSearches)
	_, err = b.SaveSearch(t.Context(), b.tenant, ann.ID, hook.SavedSearch{Name: list[0].Name, Query: "another"})
	require.NoError(t, err, "replacing one makes none more")
	for _, bad := range []hook.SavedSearch{{Name: " ", Query: "x"}, {Name: strings.Repeat("ä", 61), Query: "x"}, {Name: "x"}, {Name: "x", Query: strings.Repeat("x", 2001)}} {
		_, err = b.SaveSearch(t.Context(), b.tenant, ann.ID, bad)
		require.Equal(t, hook.CodeInvalid, hook.CodeOf(err))
	}
}
