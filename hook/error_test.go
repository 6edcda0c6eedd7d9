package hook_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// pointers are those of the bad fields, in order; the error must be one of
// CodeInvalid.
func pointers(t require.TestingT, err error) []string {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	var e *hook.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, hook.CodeInvalid, e.Code)
	list := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		require.NotEmpty(t, f.Message)
		list[i] = f.Pointer
	}
	return list
}

func TestCodeOfFindsTheErrorInTheChain(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	err := fmt.Errorf("publish: %w", hook.Unavailable(cause))
	require.Equal(t, hook.CodeUnavailable, hook.CodeOf(err))
	require.ErrorIs(t, err, cause)
	require.NotContains(t, err.Error(), "refused", "the cause is for the log only")
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(hook.NotFound("webhook")))
	require.Empty(t, hook.CodeOf(cause))
	require.Empty(t, hook.CodeOf(nil))
}

func TestErrorTextNamesTheFields(t *testing.T) {
	t.Parallel()
	err := hook.Invalid("the webhook is not valid",
		hook.FieldError{Pointer: "/url", Message: "must be https"}, hook.FieldError{Pointer: "/name", Message: "is required"})
	require.EqualError(t, err, "the webhook is not valid (/url: must be https; /name: is required)")
}
