package dashboard

import (
	"encoding/json"
	"slices"
	"time"

	"posthorn/client"
	"posthorn/hook"
)

type archivePage struct {
	Ledger    client.MessageLedger
	Endpoints listed[archiveRow]
	Last      []client.Message // that were archived
	Median    string           // from receipt to the archive, of the last
	Slow      string
	Waiting   []waiting // the oldest in flight
	Faults    []hook.ArchiveFault
	Failed    []unfetched
}

// unfetched is an attachment that could not be had.
type unfetched struct {
	MessageID string    `json:"-"`
	At        time.Time `json:"-"`
	Filename  string    `json:"filename"`
	URL       string    `json:"url"`
	Reason    string    `json:"reason"`
}

// archiveRow is how an endpoint's messages are kept.
type archiveRow struct {
	Endpoint client.Endpoint
	Counts   client.MessageCounts
	Counted  bool      // whether the ledger shows its counts
	Until    time.Time // when what comes in now can be deleted
}

const (
	archiveShown   = 10  // rows of a list
	archiveSampled = 100 // messages that the times are taken from
	ledgerShown    = 100 // endpoints of a ledger, at most
)

// archive shows what lies in WORM storage, and what is on its way there.
func (q *request) archive() error {
	ledger, err := q.API.Ledger(q.ctx, false)
	if err != nil {
		return err
	}
	p := archivePage{Ledger: ledger.Messages}
	if p.Endpoints, err = q.retained(ledger); err != nil {
		return err
	}
	archived, err := q.API.MessagePage(q.ctx, client.MessageFilter{Status: client.MessageArchived}, client.Page{Limit: archiveSampled})
	if err != nil {
		return err
	}
	p.Last = archived.Items[:min(len(archived.Items), archiveShown)]
	p.Median, p.Slow = lags(archived.Items)
	if p.Faults, p.Waiting, err = q.waiting(); err != nil {
		return err
	}
	failed, err := q.API.EventPage(q.ctx, client.EventFilter{Type: "attachment.failed"}, client.Page{Limit: archiveShown})
	if err != nil {
		return err
	}
	for _, e := range failed.Items {
		f := unfetched{MessageID: e.MessageID, At: e.OccurredAt}
		_ = json.Unmarshal(e.Data, &f) // somebody may have published one of this type with other data
		p.Failed = append(p.Failed, f)
	}
	return q.page("archive", "Archive", p)
}

// waiting is a message on its way, with what its last try came to.
type waiting struct {
	hook.Waiting
	Message client.Message
}

func (q *request) waiting() (faults []hook.ArchiveFault, list []waiting, err error) {
	faults, oldest, err := q.Store.ArchiveFaults(q.Context(), q.session.TenantID, archiveShown)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range oldest {
		m, err := q.API.Message(q.ctx, w.ID.String())
		if err != nil {
			return nil, nil, err
		}
		list = append(list, waiting{w, m})
	}
	return faults, list, nil
}

// retained are the endpoints, with what the ledger counts of each.
func (q *request) retained(ledger client.Ledger) (out listed[archiveRow], err error) {
	endpoints, err := q.API.EndpointPage(q.ctx, q.cursor())
	if err != nil {
		return out, err
	}
	links := listOf(q, endpoints)
	out.First, out.Next = links.First, links.Next
	for _, e := range endpoints.Items {
		row := archiveRow{Endpoint: e, Until: time.Now().Add(time.Duration(e.Retention)), Counted: len(ledger.Endpoints) < ledgerShown}
		for _, c := range ledger.Endpoints {
			if c.ID == e.ID {
				row.Counts, row.Counted = c.MessageCounts, true
			}
		}
		out.Items = append(out.Items, row)
	}
	return out, nil
}

// lags are how long messages took from their receipt into the archive: half,
// and 95 of 100, were faster.
func lags(list []client.Message) (median, slow string) {
	var took []time.Duration
	for _, m := range list {
		took = append(took, max(0, m.ArchivedAt.Sub(m.ReceivedAt)))
	}
	if len(took) == 0 {
		return "", ""
	}
	slices.Sort(took)
	return round(took[len(took)/2]), round(took[len(took)*95/100])
}
