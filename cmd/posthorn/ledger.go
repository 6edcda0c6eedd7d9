package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"posthorn/client"
)

type ledgerCommand struct {
	URL     string `env:"POSTHORN_URL" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Where the API is."`
	APIKey  string `env:"POSTHORN_API_KEY" required:"" placeholder:"KEY" help:"An API key with role admin, operator or auditor."`
	JSON    bool   `help:"Print JSON."`
	Recount bool   `help:"Also count every row and compare."`
}

var errUnbalanced = errors.New("the ledger does not add up")

// Run prints the ledger. It fails where it does not add up.
func (c *ledgerCommand) Run(ctx context.Context) error {
	api, err := client.New(c.URL, c.APIKey)
	if err != nil {
		return err
	}
	l, err := api.Ledger(ctx, c.Recount)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(l)
	} else {
		err = writeLedger(os.Stdout, &l)
	}
	if err == nil && (!l.Balanced || l.Recounted != nil && !*l.Recounted) {
		return errUnbalanced
	}
	return err
}

func writeLedger(w io.Writer, l *client.Ledger) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	m, d := l.Messages, l.Deliveries
	fmt.Fprintf(t, "accepted\tarchived\tin flight\t\n%s\t%s\t%s\t\n", number(m.Accepted), number(m.Archived), number(m.InFlight))
	sum(t, m.Accepted, m.Archived, m.InFlight)
	oldest(t, l.At, m.OldestInFlight)
	fmt.Fprintf(t, "\nmade\tdelivered\tin flight\theld\tfailed\tcancelled\t\n%s\n", row(d.DeliveryCounts))
	sum(t, d.Made, d.Delivered, d.InFlight, d.Held, d.Failed, d.Cancelled)
	oldest(t, l.At, d.OldestInFlight)
	if d.Due > 0 {
		fmt.Fprintf(t, "%s of them wait for no retry.\n", number(int64(d.Due)))
	}
	if len(l.Webhooks) > 0 {
		fmt.Fprint(t, "\nmade\tdelivered\tin flight\theld\tfailed\tcancelled\t  webhook\n")
	}
	for _, hook := range l.Webhooks {
		fmt.Fprintf(t, "%s  %s %s\n", row(hook.DeliveryCounts), hook.ID, plain(hook.Name))
	}
	if l.Recounted != nil {
		fmt.Fprintf(t, "\n%s\n", map[bool]string{true: "Counting every row says the same.", false: "COUNTING EVERY ROW SAYS OTHERWISE."}[*l.Recounted])
	}
	return t.Flush()
}

// sum says whether the parts make up the whole.
func sum(w io.Writer, whole int64, parts ...int64) {
	var total int64
	var terms []string
	for _, n := range parts {
		total += n
		terms = append(terms, number(n))
	}
	verdict := "It adds up"
	if total != whole {
		verdict = "IT DOES NOT ADD UP"
	}
	fmt.Fprintf(w, "%s: %s = %s.\n", verdict, number(whole), strings.Join(terms, " + "))
}

func oldest(w io.Writer, now, since time.Time) {
	if !since.IsZero() {
		fmt.Fprintf(w, "The oldest in flight has been so for %s.\n", max(now.Sub(since), 0).Round(time.Second))
	}
}

func row(c client.DeliveryCounts) string {
	var cells strings.Builder
	for _, n := range []int64{c.Made, c.Delivered, c.InFlight, c.Held, c.Failed, c.Cancelled} {
		cells.WriteString(number(n) + "\t")
	}
	return cells.String()
}

// number writes thousands apart.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plain leaves out what would steer a terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
