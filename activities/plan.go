package activities

import (
	"context"
	"net/url"

	"posthorn/hook"
	"posthorn/mapping"
	"posthorn/provider"
	"posthorn/store"
)

// ArchivePlan says what is to be done for a message.
type ArchivePlan struct {
	Done   bool   // nothing: it is archived, or another run's
	Status string // why
	Fetch  []Fetch
	// Confirm is the host of a link that is to be followed; "" for none.
	Confirm string `json:",omitempty"`
	Large   bool   `json:",omitempty"` // PlanLarge is to be asked: it takes long
}

// Fetch is an attachment that is given by URL.
type Fetch struct {
	N    int
	From string // the host, for people
	Last bool   // no further try follows: a failure is for good
}

// superseded is the end of a run that is not the row's any more.
const superseded = "superseded"

// PlanArchive looks at a message's row: whether this run is to archive it, and
// which attachments must be fetched first.
func (a *Activities) PlanArchive(ctx context.Context, id hook.ID, run int) (ArchivePlan, error) {
	size, err := a.Store.MessageSize(ctx, id)
	if err != nil || size > large {
		return ArchivePlan{Large: size > large}, err
	}
	return a.plan(ctx, id, run)
}

// PlanLarge does for a large message what PlanArchive does for others, once
// there is room for it.
func (a *Activities) PlanLarge(ctx context.Context, id hook.ID, run int) (ArchivePlan, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go heartbeat(ctx)
	return a.plan(ctx, id, run)
}

func (a *Activities) plan(ctx context.Context, id hook.ID, run int) (ArchivePlan, error) {
	leave, err := a.enter(ctx, id)
	if err != nil {
		return ArchivePlan{}, err
	}
	defer leave()
	m, err := a.message(ctx, id)
	switch {
	case err != nil:
		return ArchivePlan{}, err
	case m.Status == hook.MessageArchived:
		return ArchivePlan{Done: true, Status: string(m.Status)}, nil
	case m.Run > run:
		return ArchivePlan{Done: true, Status: superseded}, nil
	}
	return m.plan(), nil
}

// plan is what must be done before a message can be sealed.
func (l *loaded) plan() (plan ArchivePlan) {
	for n, attachment := range l.Payload.Attachments {
		if attachment.URL == "" || settled(l.attached, n) {
			continue
		}
		plan.Fetch = append(plan.Fetch, Fetch{N: n, From: host(attachment.URL)})
	}
	if l.result != nil && l.result.Confirm != "" {
		plan.Confirm = host(l.result.Confirm)
	}
	return plan
}

// loaded is a message that is not archived yet.
type loaded struct {
	hook.Message
	attached []store.Attached // attachments that are settled
	result   *provider.Result // of a provider's callback, else nil
}

// message loads a message and reads its payload, as it was read at the edge.
func (a *Activities) message(ctx context.Context, id hook.ID) (m loaded, err error) {
	m.Message, m.attached, err = a.Store.MessageToArchive(ctx, id)
	if err != nil {
		return m, err
	}
	return m, m.open()
}

// open reads the payload of a message that is not archived.
func (l *loaded) open() error {
	if l.Status == hook.MessageArchived {
		return nil
	}
	externalID := l.Payload.ExternalID
	payload, result, err := provider.Open(&l.Message, mapping.Open)
	if err != nil {
		return err
	}
	l.Payload, l.result = *payload, result
	l.Payload.ExternalID = externalID // by which it was told from others
	return nil
}

// settled reports whether it is known what became of attachment n.
func settled(attached []store.Attached, n int) bool {
	for _, s := range attached {
		if s.N == n {
			return s.Stored()
		}
	}
	return false
}

// host is the part of a URL that may stand in a history.
func host(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "an unreadable URL"
	}
	return u.Host
}
