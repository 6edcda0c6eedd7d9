package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"posthorn/client"
)

// functions are what templates call.
func functions(a *assets) template.FuncMap {
	return template.FuncMap{
		"asset": a.url, "time": showTime, "bytes": showBytes, "seconds": showSeconds, "json": showJSON,
		"field": newField, "select": newSelect, "plural": plural, "list": func(items ...any) []any { return items },
		"join": strings.Join, "duration": showDuration, "short": short, "shade": shade, "add": func(a, b int) int { return a + b },
		"percent": percent, "lastof": lastOf, "preview": previewable, "search": searchURL, "snippets": snippets, "excerpt": excerpt, "leading": leading, "why": why, "advice": advice, "text": attemptBody, "ms": round, "number": showNumber, "place": place, "progress": progress, "rows": func(list []client.Delivery, webhooks names) deliveryRows { return deliveryRows{list, webhooks} }, "timing": newTiming,
	}
}

// showTime writes a time in UTC; a script rewrites it in the reader's zone, in
// the same width: only where there is none a Z is shown.
func showTime(t time.Time) template.HTML {
	if t.IsZero() {
		return "–"
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s UTC">%s<span class="utc">Z</span></time>`, //nolint:gosec // digits alone
		t.Format("2006-01-02T15:04:05.000Z"), t.Format("2006-01-02 15:04:05.000"), t.Format("2006-01-02 15:04:05")))
}

func showBytes(n any) string {
	size := float64(0)
	switch v := n.(type) {
	case int:
		size = float64(v)
	case int64:
		size = float64(v)
	}
	units := []string{"B", "kB", "MB", "GB", "TB"}
	for size >= 1000 && len(units) > 1 {
		size, units = size/1000, units[1:]
	}
	decimals := 1
	if size >= 100 || units[0] == "B" {
		decimals = 0
	}
	return strconv.FormatFloat(size, 'f', decimals, 64) + " " + units[0]
}

// showSeconds writes seconds as people say them.
func showSeconds(seconds int) string { return showDuration(time.Duration(seconds) * time.Second) }

// showDuration writes a duration in its two largest units.
func showDuration(d any) string {
	v, ok := d.(time.Duration)
	if !ok {
		v, _ = time.ParseDuration(fmt.Sprint(d))
	}
	if v < time.Second {
		return strconv.FormatInt(v.Milliseconds(), 10) + " ms"
	}
	var said []string
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{365 * 24 * time.Hour, "year"}, {24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := v / unit.of; n > 0 && len(said) < 2 {
			said = append(said, plural(int(n), unit.name))
			v %= unit.of
		} else if len(said) > 0 {
			break
		}
	}
	return strings.Join(said, " ")
}

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(stem, "a") {
		noun = stem + "ie"
	}
	return showNumber(n) + " " + noun + "s"
}

// showNumber separates thousands by a narrow space.
func showNumber(n any) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}

// showJSON indents what can be indented.
func showJSON(raw json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}

// short is the end of an id, which tells ids of one moment apart.
func short(id string) string {
	if len(id) != 36 {
		return id
	}
	return id[:8] + "…" + id[32:]
}

// shade is the colour of a state.
func shade(state string) string {
	switch state {
	case "delivered", "archived", "active", "enabled", "done", "sent":
		return "good"
	case "failed", "disabled", "stopped":
		return "bad"
	case "held", "failing":
		return "warn"
	case "pending", "accepted", "running", "sending":
		return "busy"
	}
	return "calm"
}

// percent is a part of a whole, 0 to 100.
func percent(part, whole int) int {
	if whole <= 0 {
		return 0
	}
	return min(100, part*100/whole)
}

// excerpt is the beginning of a text, on one line.
func excerpt(text string) string {
	const most = 90
	line := strings.Join(strings.Fields(text[:min(len(text), 8*most)]), " ")
	if runes := []rune(strings.ToValidUTF8(line, "")); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return line
}

// leading is the beginning of a text, of at most 4,000 bytes.
func leading(text string) string {
	const most = 4000
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// progress is how far an operation has come, 0 to 100: by what it is about, or
// where that is not counted to its end by the time that it has gone over.
func progress(o client.Operation) int {
	if !o.More {
		return percent(o.Done, o.Total)
	}
	if o.Reached.IsZero() {
		return 0
	}
	return percent(int(o.Reached.Sub(o.Since)/time.Millisecond), int(o.Until.Sub(o.Since)/time.Millisecond))
}
