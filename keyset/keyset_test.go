package keyset

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSealOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	data, err := Generate()
	require.NoError(t, err)
	k, err := Load(string(data))
	require.NoError(t, err)

	sealed, err := k.Seal([]byte("top secret"), "endpoints/1")
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "top secret")

	value, err := k.Open(sealed, "endpoints/1")
	require.NoError(t, err)
	require.Equal(t, "top secret", string(value))

	_, err = k.Open(sealed, "endpoints/2")
	require.Error(t, err, "a sealed value must not open in another row")
}

func TestRotatedKeysetOpensOldValues(t *testing.T) {
	t.Parallel()
	data, err := Generate()
	require.NoError(t, err)
	before, err := Load(string(data))
	require.NoError(t, err)
	sealed, err := before.Seal([]byte("value"), "x")
	require.NoError(t, err)

	rotated, err := Rotate(data)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, os.WriteFile(name, rotated, 0o600))
	after, err := Load(name)
	require.NoError(t, err)

	value, err := after.Open(sealed, "x")
	require.NoError(t, err)
	require.Equal(t, "value", string(value))
	require.Equal(t, before.Fingerprint([]byte("k")), after.Fingerprint([]byte("k")))

	fresh, err := after.Seal([]byte("value"), "x")
	require.NoError(t, err)
	_, err = before.Open(fresh, "x")
	require.Error(t, err, "a rotated keyset must seal with its new key")
}

func TestFingerprintNeedsTheKey(t *testing.T) {
	t.Parallel()
	one, err := Generate()
	require.NoError(t, err)
	two, err := Generate()
	require.NoError(t, err)
	a, err := Load(string(one))
	require.NoError(t, err)
	b, err := Load(string(two))
	require.NoError(t, err)
	require.Len(t, a.Fingerprint([]byte("k")), 16)
	require.NotEqual(t, a.Fingerprint([]byte("k")), b.Fingerprint([]byte("k")))
}

func TestLoadSaysHowToMakeAKeyset(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "{}", `{"encryption":{}}`} {
		_, err := Load(value)
		require.ErrorContains(t, err, "posthorn keyset generate")
	}
}

func TestLoadRepeatsTheNameOfAFileAndNoKeyset(t *testing.T) {
	t.Parallel()
	_, err := Load("/nothing/here")
	require.ErrorContains(t, err, "/nothing/here")
	data, err := Generate()
	require.NoError(t, err)
	for _, slip := range []string{"'" + string(data) + "'", string(data[1:]), `"` + string(data) + `"`, string(data[40:])} {
		_, err = Load(slip)
		require.ErrorContains(t, err, "brace")
		require.NotContains(t, err.Error(), "primaryKeyId")
		require.Less(t, len(err.Error()), 200)
	}
}
