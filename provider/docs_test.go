package provider

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/simulate"
)

// page is what docs/providers says of a provider, and the rows of its tables.
func page(t *testing.T, name string) (text string, rows [][]string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "docs", "providers", name+".md"))
	require.NoError(t, err, "each provider has a page that says how to set it up")
	for line := range strings.Lines(string(raw)) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) > 3 {
			rows = append(rows, cells[1:len(cells)-1])
		}
	}
	return string(raw), rows
}

func TestEachProviderHasAPageThatSaysHowToSetItUp(t *testing.T) {
	t.Parallel()
	const most = 120 // lines
	index, err := os.ReadFile(filepath.Join("..", "docs", "providers.md"))
	require.NoError(t, err)
	for _, name := range Names() {
		text, rows := page(t, name)
		say := func(what string) {
			if !strings.Contains(text, what) { // the page itself says nothing in a message
				require.Fail(t, "docs/providers/"+name+".md does not say "+what)
			}
		}
		require.Less(t, strings.Count(text, "\n"), most, name)
		require.Positive(t, strings.Count(string(index), "(providers/"+name+".md)"), "docs/providers.md has no link to the page of %s", name)
		for _, part := range []string{"## Set it up", "## provider_config", "## How it is verified", "## What becomes of it", "## What it is answered", "## Limits", "## Try it"} {
			say("\n" + part + "\n")
		}
		say("/webhooks/incoming/" + name + "/<token>")
		say("posthorn simulate " + name)
		for _, f := range lookup(t, name).all() {
			isKey := func(row []string) bool { return strings.Contains(row[0], "`"+f.name+"`") }
			require.True(t, slices.ContainsFunc(rows, isKey), "docs/providers/%s.md does not explain %s", name, f.name)
		}
		for _, scheme := range lookup(t, name).Schemes {
			say("`" + scheme + "`")
		}
		for _, scheme := range simulate.Schemes(name) {
			for _, kind := range simulate.Kinds(name, scheme) {
				say("`" + kind.Name + "`")
				for _, event := range kind.Events {
					say("`" + event + "`")
				}
			}
		}
	}
}

// TestEachStatusStandsInItsProvidersPage finds the row of every status, and
// what it becomes beside it.
func TestEachStatusStandsInItsProvidersPage(t *testing.T) {
	t.Parallel()
	for _, c := range statusCases() {
		_, rows := page(t, c.provider)
		for pair := range strings.FieldsSeq(c.statuses) {
			status, want, _ := strings.Cut(pair, "=")
			requireRow(t, c.provider, rows, strings.ReplaceAll(status, "_", " "), want)
		}
	}
	for name, types := range map[string]map[string]string{
		"sendgrid": sendgridTypes, "mailgun": mailgunTypes, "twilio-sms": twilioTypes, "twilio-whatsapp": twilioTypes, "messagebird": messagebirdTypes,
		"ses": sesTypes, "vonage": vonageTypes, "plivo": plivoTypes, "gupshup": metaTypes, "meta": withoutQueued(metaTypes),
	} {
		_, rows := page(t, name)
		for status, want := range types {
			requireRow(t, name, rows, status, want)
		}
	}
	_, rows := page(t, "postmark")
	for kind, meaning := range postmarkBounces {
		requireRow(t, "postmark", rows, "Bounce/"+kind, strings.TrimSuffix(meaning.event+"/"+meaning.bounce, "/"))
	}
}

// withoutQueued leaves out what only Gupshup sends in Meta's format.
func withoutQueued(types map[string]string) map[string]string {
	left := maps.Clone(types)
	delete(left, "enqueued")
	return left
}

// requireRow looks for a row whose first cell has every word of the status as
// code, and whose second one has the event, or "none".
func requireRow(t *testing.T, provider string, rows [][]string, status, want string) {
	t.Helper()
	for _, row := range rows {
		if isRowOf(row[0], status) && becomes(row[1], want) {
			return
		}
	}
	require.Fail(t, "the page of "+provider+" does not say that "+status+" becomes "+want)
}

func isRowOf(cell, status string) bool {
	if status == "x" || strings.HasSuffix(status, "/New") { // which no provider sends
		return strings.Contains(cell, "anything else")
	}
	for word := range strings.SplitSeq(status, "/") {
		spaced := strings.ReplaceAll(word, " ", "_")
		if word != "" && !strings.Contains(cell, "`"+word+"`") && !strings.Contains(cell, "`"+spaced+"`") {
			return false
		}
	}
	return true
}

func becomes(cell, want string) bool {
	event, bounce, _ := strings.Cut(want, "/")
	if event == "-" || event == "" {
		return strings.HasPrefix(strings.TrimSpace(cell), "none")
	}
	return strings.Contains(cell, "`"+event+"`") && strings.Contains(cell, bounce)
}
