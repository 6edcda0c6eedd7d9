package envelope_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/envelope"
	"posthorn/hook"
)

// roundTrip is how receivers in JavaScript check a signature when all they
// have is the parsed body.
const roundTrip = `
let input = "";
process.stdin.on("data", chunk => input += chunk);
process.stdin.on("end", () => process.stdout.write(
	JSON.stringify(JSON.parse(input).map(body => JSON.stringify(JSON.parse(body))))));`

func TestBodySurvivesARoundTripThroughJavaScript(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("POSTHORN_CI") != "" {
			require.Fail(t, "there is no node in PATH")
		}
		t.Skip("needs Node.js: install it from https://nodejs.org or with apt-get install nodejs")
	}
	var sent []string
	for _, data := range []string{
		`{}`, `[]`, `null`, `"text"`,
		`{"b":1,"a":{"z":[true,false,null],"y":""}}`,
		`{"numbers":[0,-1,1.5,1e+21,1e-7,9007199254740991]}`,
		`{"html":"<script>&amp;</script>","quote":"\"\\\b\f\n\r\t\u0000\u001f"}`,
		"{\"text\":\"\u2028\u2029\u007f \u00e9 \u4e2d \U0001F600\"}",
		`{"lone":"\ud800"}`,
	} {
		for _, format := range hook.Formats() {
			e := event("ticket.created\u2028\t<", data)
			e.PublicID = "\u0001\v\b\"\\/\u2029é"
			body, err := envelope.Body(format, e, &hook.Webhook{})
			require.NoError(t, err)
			sent = append(sent, string(body))
		}
	}
	// Receivers of SendComms check a signature so whatever the data look like.
	for _, data := range []string{
		`{"b":1.0,"10":2,"9":3,"a":-0.0,"a":"\u00e9\/\ud83d\ude00\ud800x\udc00","__proto__":1}`,
		`[12345678901234567890,1E400,-1e-400,1e21,123456789012345678901,0.000001,1e-7,5e-324,0.1e1]`,
		`{"4294967295":1,"4294967294":2,"01":3,"":4,"-1":5,"nested":{"2":{},"1":[ ]}}`, ` [ { "a" : [ 1 , "\u0041\u001f\u2028" ] } ] `,
	} {
		for _, kind := range []string{"email.sent", "ticket.created"} {
			e := event(kind, `{"email_id":"1","more":`+data+`}`)
			body, err := envelope.Body(hook.FormatSendComms, e, nil)
			require.NoError(t, err)
			sent = append(sent, string(body))
		}
	}
	command := exec.CommandContext(t.Context(), node, "-e", roundTrip)
	command.Stdin = strings.NewReader(string(hook.EncodeJSON(sent)))
	out, err := command.Output()
	require.NoError(t, err)
	var got []string
	require.NoError(t, json.Unmarshal(out, &got))
	require.Equal(t, sent, got)
}
