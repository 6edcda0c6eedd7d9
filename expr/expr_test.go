package expr_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/expr"
)

var occurred = time.Date(2026, 5, 28, 14, 30, 0, 123_000_000, time.UTC)

func input(data string) *expr.Input {
	return expr.NewInput("evt_1", "ticket.created", json.RawMessage(data), occurred)
}

func TestFilterLooksAtTheEvent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`true`: true, `id == "evt_1" && type == "ticket.created"`: true, `type.startsWith("email.")`: false,
		`occurred_at > timestamp("2026-05-28T00:00:00Z")`: true, `occurred_at.getHours() == 14`: true,
		`data.amount > 100`: true, `data.amount > 99.5 && data.amount < 101.0`: true, `data.amount == 101.0`: false,
		`data.rate * 2.0 == 5.0`: true, `data.big == 9007199254740993`: true, `data.none == null`: true,
		`has(data.missing)`: false, `data.?missing.orValue(7) == 7`: true, `"b" in data.tags`: true,
		`data.tags.exists(t, t == "a") && data.tags.all(t, size(t) == 1)`: true, `data["amount"] == 100.5`: true,
		`data.name.matches("^[A-Z]")`: true,
	} {
		got, err := expr.Match(text, input(`{"amount":100.5,"rate":2.5,"big":9007199254740993,"none":null,"tags":["a","b"],"name":"Al"}`))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestFilterThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`data.missing > 1`:    "no such key: missing",
		`data.name > 1`:       "no such overload",
		`data.name`:           "not a bool",
		`1 / data.zero == 1`:  "division by zero",
		`data.list[5] == "a"`: "index out of bounds",
	} {
		got, err := expr.Match(text, input(`{"name":"a","zero":0,"list":[]}`))
		require.ErrorContains(t, err, want, text)
		require.False(t, got)
		require.ErrorAs(t, err, new(*expr.Error))
	}
	_, err := expr.Match(`true`, input(`"`+strings.Repeat("x", expr.MaxInput)+`"`))
	require.ErrorContains(t, err, "larger than")
}

func TestExpressionThatDoesNotCompileSaysWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		check        func(string) error
		text         string
		line, column int
		message      string
	}{
		{expr.CheckFilter, `data.a ==`, 1, 10, "mismatched input"},
		{expr.CheckFilter, "true &&\n  datum.a", 2, 3, "undeclared reference to 'datum'"},
		{expr.CheckFilter, `type + 1 == "a"`, 1, 6, "no matching overload"},
		{expr.CheckFilter, `"text"`, 1, 1, "must be a bool, but is a string"},
		{expr.CheckFilter, `type.matches("(")`, 1, 14, "invalid matches argument"},
		{expr.CheckOrder, `1`, 1, 1, "must be a string, but is a int"},
		{expr.CheckTransform, `{`, 1, 2, "mismatched input"},
		{expr.CheckFilter, ` `, 0, 0, "empty"},
		{expr.CheckFilter, `type == "` + strings.Repeat("x", expr.MaxText) + `"`, 0, 0, "size exceeds"},
		{expr.CheckFilter, strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100), 0, 0, "recursion"},
		{expr.CheckFilter, `[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))`, 0, 0, "nesting"},
	} {
		err := c.check(c.text)
		require.ErrorContains(t, err, c.message, c.text)
		wrong := new(expr.Error)
		require.ErrorAs(t, err, &wrong)
		if c.line > 0 {
			require.Equal(t, [2]int{c.line, c.column}, [2]int{wrong.Line, wrong.Column}, c.text)
		}
	}
	require.NoError(t, expr.CheckFilter(`data.ok`))
	require.NoError(t, expr.CheckOrder(`data.ticket`))
	require.NoError(t, expr.CheckTransform(`[1, "a", data]`))
}

func TestTransformMakesJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`data`:                       `{"a":[1,2.5,true,null],"b":{"z":"<é>","y":9007199254740993}}`,
		`{"z": data.b.z, "a": type}`: `{"a":"ticket.created","z":"<é>"}`,
		`data.a.map(x, x)`:           `[1,2.5,true,null]`,
		`occurred_at`:                `"2026-05-28T14:30:00.123Z"`,
		`duration("90s")`:            `"90s"`,
		`b"\x00\xff"`:                `"AP8="`,
		`1u`:                         `1`,
		`null`:                       `null`,
		`[]`:                         `[]`,
		`{}`:                         `{}`,
		`data.b.z + "!"`:             `"<é>!"`,
	} {
		got, err := expr.Transform(text, input(`{"a":[1,2.5,true,null],"b":{"z":"<é>","y":9007199254740993}}`))
		require.NoError(t, err, text)
		require.JSONEq(t, want, string(got), text)
		if text != `data` {
			require.Equal(t, want, string(got))
		}
	}
	for text, want := range map[string]string{
		`{1: "a"}`: "no string", `type(1)`: "no JSON", `0.0/0.0`: "cannot write", `optional.of(1)`: "no JSON", `data.b.missing`: "no such key",
	} {
		_, err := expr.Transform(text, input(`{"b":{}}`))
		require.ErrorContains(t, err, want, text)
		require.ErrorAs(t, err, new(*expr.Error))
	}
}

func TestExpressionThatCostsTooMuchIsEnded(t *testing.T) {
	t.Parallel()
	list := `[` + strings.Repeat(`1,`, 2000) + `1]`
	long := `"` + strings.Repeat("ab", 200_000) + `"`
	for text, data := range map[string]string{
		`data.all(a, data.all(b, data.all(c, a + b + c > 0)))`:                                                          list,
		`data.map(a, data.map(b, data)) == []`:                                                                          list,
		`[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, (data + string(a) + string(b)).contains("c") == false))`: long,
		`[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, data.matches("(a|b|ab)*c") == false))`:                   long,
	} {
		began := time.Now()
		_, err := expr.Match(text, input(data))
		require.ErrorContains(t, err, "limit exceeded", text)
		t.Log(time.Since(began))
	}
}

// What comes of an expression is a value or an error of its own kind: it is
// never a panic, and what it makes is JSON.
func FuzzTransform(f *testing.F) {
	for _, text := range []string{
		`data`, `{"a": data.a}`, `data.map(x, x + 1)`, `type.matches(id)`, `has(data.a) ? data.a : null`,
		`timestamp(data.t) - duration("1h")`, `data.?a.orValue([])`, `string(data.n) + b"x"`, `int(data.a) % 0`, `[data, [data]]`,
	} {
		f.Add(text, `{"a":[1,2],"t":"2026-01-01T00:00:00Z","n":1e300}`)
	}
	f.Add(`data + data`, `"\ud800"`)
	f.Fuzz(func(t *testing.T, text, data string) {
		if !json.Valid([]byte(data)) {
			return
		}
		wrong := new(expr.Error)
		if err := expr.CheckTransform(text); err != nil {
			require.ErrorAs(t, err, &wrong)
			return
		}
		in := input(data)
		out, err := expr.Transform(text, in)
		if err != nil {
			require.ErrorAs(t, err, &wrong)
			return
		}
		require.True(t, json.Valid(out))
		again, err := expr.Transform(text, in)
		require.NoError(t, err)
		require.Equal(t, string(out), string(again))
		_, _ = expr.Match(text, in)
	})
}

func BenchmarkMatch(b *testing.B) {
	data := json.RawMessage(`{"amount":100.5,"text":"` + strings.Repeat("x", 1000) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := expr.Match(`data.amount > 100 && type == "a.b"`, expr.NewInput("1", "a.b", data, occurred)); !ok || err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatchAgain(b *testing.B) { // for an event whose data another filter has read
	in := expr.NewInput("1", "a.b", json.RawMessage(`{"amount":100.5,"text":"`+strings.Repeat("x", 1000)+`"}`), occurred)
	for b.Loop() {
		if ok, err := expr.Match(`data.amount > 100 && type == "a.b"`, in); !ok || err != nil {
			b.Fatal(err)
		}
	}
}

func TestOrderIsAStringOrNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`data.order`: "o-1", `"all"`: "all", `string(data.n)`: "7", `data.none`: "", `type + ":" + id`: "ticket.created:evt_1",
	} {
		key, err := expr.Order(text, input(`{"order":"o-1","n":7,"none":null}`))
		require.NoError(t, err, text)
		require.Equal(t, want, key, text)
	}
	for text, want := range map[string]string{`data.n`: "the value is a int, not a string", `data.missing`: "no such key: missing"} {
		_, err := expr.Order(text, input(`{"n":7}`))
		require.ErrorContains(t, err, want)
	}
}
