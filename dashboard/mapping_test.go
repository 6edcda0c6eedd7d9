package dashboard_test

import (
	"html"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// desk are the expressions for what foreign sends, but for what is given.
func desk(change ...string) []string {
	parts := map[string]string{"external_id": "body.ticket.id", "from": "body.ticket.by", "to": `"desk@example.com"`, "body": "body.ticket.text"}
	var fields []string
	for i := 0; i < len(change); i += 2 {
		if _, ok := parts[change[i]]; ok {
			parts[change[i]] = change[i+1]
		} else {
			fields = append(fields, change[i], change[i+1])
		}
	}
	for name, expression := range parts {
		fields = append(fields, name, expression)
	}
	return fields
}

func TestAMappingIsTriedSavedAndWhatWasRefusedAdmitted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	e := s.foreign(t)
	path := endpointsPath + "/" + e.ID
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	refused := s.refused(t, e, 1)[0].ID
	require.Contains(t, b.get(t, path+"/refused/"+refused).body, "/mapping?refused="+refused)
	require.Contains(t, b.get(t, path).body, "Make a mapping")
	require.Contains(t, b.get(t, path+"/mapping").body, `<option value="`+refused+`" selected>`)

	g := b.post(t, path+"/mapping", desk("do", "try", "refused", refused, "body", "body.\nticket..text", "field_name", "a/b", "field_value", "body.?missing.x +")...)
	require.Equal(t, http.StatusUnprocessableEntity, g.status)
	page := html.UnescapeString(g.body)
	require.Contains(t, page, "line 2, column 8:")
	require.Contains(t, page, "ticket..text\n       ^", "the place of the error")
	require.Contains(t, page, `id="e-value-1"`, "the field's, beside it")
	g = b.post(t, path+"/mapping", desk("do", "try", "refused", refused, "from", "body.ticket.nobody")...)
	require.Equal(t, http.StatusOK, g.status)
	require.Contains(t, g.body, "It is refused")
	require.Contains(t, g.body, `id="e-from"`)

	fields := desk("refused", refused, "field_name", "kind", "field_value", `"ticket"`, "field_name", "", "field_value", "")
	g = b.post(t, path+"/mapping", append(fields, "do", "try")...)
	require.Equal(t, http.StatusOK, g.status, g.body)
	require.Contains(t, g.body, "It becomes this message")
	require.Contains(t, html.UnescapeString(g.body), `"kind": "ticket"`)
	require.Nil(t, s.only(t).Mapping, "it was but tried")
	g = b.post(t, path+"/mapping", append(fields, "do", "save")...)
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	require.Equal(t, map[string]string{"kind": `"ticket"`}, s.only(t).Mapping.Fields)
	page = b.get(t, g.location()).body
	require.Contains(t, page, "1 refused payload is kept")
	require.Contains(t, b.post(t, path+"/readmit").location(), "admitted-all")
	require.NotContains(t, b.get(t, path+"/mapping").body, "is kept")

	require.Equal(t, http.StatusSeeOther, b.post(t, path+"/mapping/end").status)
	require.Nil(t, s.only(t).Mapping)
}

func TestAMappingIsTriedOnAPastedPayload(t *testing.T) {
	t.Parallel()
	s := setup(t)
	e := s.foreign(t)
	path := endpointsPath + "/" + e.ID + "/mapping"
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	const payload = `{"ticket":{"id":"T-8","by":"bob@example.com","text":"Hello"}}`
	g := b.post(t, path, desk("do", "try", "refused", "", "sample", payload, "headers", "X-Kind: Greeting", "body", "headers['x-kind']")...)
	require.Equal(t, http.StatusOK, g.status, g.body)
	require.Contains(t, g.body, "<dd>Greeting</dd>")
	for sample, says := range map[string]string{"": "paste a payload", "{\n \"a\": x}": "line 2, column 7"} {
		g = b.post(t, path, desk("do", "try", "sample", sample)...)
		require.Equal(t, http.StatusUnprocessableEntity, g.status)
		require.Contains(t, g.body, says)
	}
	g = b.post(t, path, desk("do", "try", "sample", payload, "headers", "no colon")...)
	require.Contains(t, g.body, "must be a name, a colon and a value")
	g = b.post(t, path, desk("do", "try", "refused", hook.NewID().String())...)
	require.Equal(t, http.StatusUnprocessableEntity, g.status)
	require.Contains(t, g.body, "not kept any longer")
	require.Equal(t, http.StatusUnprocessableEntity, b.post(t, path, "do", "save").status)
	require.Nil(t, s.only(t).Mapping)
}

func TestCallbacksOfAProviderHaveNoMapping(t *testing.T) {
	t.Parallel()
	s := setup(t)
	e, _ := s.mistrusted(t)
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	require.Equal(t, http.StatusConflict, b.get(t, endpointsPath+"/"+e.ID+"/mapping").status)
	require.Equal(t, http.StatusConflict, b.post(t, endpointsPath+"/"+e.ID+"/mapping", desk("do", "save")...).status)
}
