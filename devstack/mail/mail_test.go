package mail_test

import (
	"net/smtp"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"posthorn/devstack/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEachMailIsAFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	s, err := mail.Start(mail.Config{Dir: dir, Addr: "127.0.0.1:0"})
	require.NoError(t, err)
	_, err = mail.Start(mail.Config{Dir: dir, Addr: s.Addr()})
	require.Error(t, err, "the address is taken")
	for range 3 {
		require.NoError(t, smtp.SendMail(s.Addr(), nil, "a@example.com", []string{"b@example.com", "c@example.com"}, []byte("Subject: x\r\n\r\nhello\r\n")))
	}
	require.Contains(t, s.URL(), s.Addr())
	require.NoError(t, s.Stop())
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, f := range files {
		require.Equal(t, ".eml", filepath.Ext(f))
		content, err := os.ReadFile(f)
		require.NoError(t, err)
		require.Equal(t, "Subject: x\r\n\r\nhello\r\n", string(content))
	}
	again, err := mail.Start(mail.Config{Dir: dir, Addr: s.Addr()})
	require.NoError(t, err, "on the same address")
	require.NoError(t, again.Stop())
}
