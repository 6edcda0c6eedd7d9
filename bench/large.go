package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"posthorn/client"
	"posthorn/hook"
)

type largeCommand struct {
	Bodies      int `default:"8" help:"Messages of 10 MiB, the most that is accepted."`
	Attachments int `default:"4" help:"Messages with an attachment of 100 MiB each, given by URL."`
	AtOnce      int `default:"4" help:"How many are posted at the same time."`
}

// Run posts what is large and looks at the most memory that was resident since
// the load began (VmHWM), those first that take least: a process keeps what it
// has for a while. All is archived and looked at.
func (c *largeCommand) Run(ctx context.Context, b *bench) error {
	b.begin("large", "the largest messages and attachments, %d at a time; memory is the most that was resident", c.AtOnce)
	p, err := b.start(ctx, "adaptive", roleAPI, roleWorker)
	if err != nil {
		return err
	}
	defer p.stop()
	e, err := p.addEndpoint(ctx)
	if err != nil {
		return err
	}
	l := newLoader(p, "message.received", 1, 0)
	l.key = externalID
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	files := newFile(maxAttachment)
	url, stop, err := serve(ctx, files)
	if err != nil {
		return err
	}
	defer stop()
	attachment := fmt.Sprintf(`[{"filename":"large.bin","content_type":"application/octet-stream","url":"%s/large.bin"}]`, url)
	for _, o := range []struct {
		name        string
		count, size int
		attachments string
	}{
		{"1 KB", c.AtOnce, 1024, none}, // what is resident in any case
		{"attachments of 100 MiB", c.Attachments, 1024, attachment},
		{"bodies of 10 MiB", c.Bodies, hook.MaxBody, none},
	} {
		l.poster = func(ctx context.Context, p *product) (poster, error) {
			return newProducer(ctx, p, e, o.size, o.attachments)
		}
		for _, r := range p.running {
			forgetPeak(r.pid())
		}
		r, err := l.measure(ctx, o.name, func(ctx context.Context) error { return l.flood(ctx, o.count, c.AtOnce) })
		if err != nil {
			return err
		}
		for _, role := range p.running {
			r.Figures = append(r.Figures, figure{Name: role.name, Value: peak(role.pid()) / (1 << 20), Unit: "MiB"})
		}
		b.report(r)
	}
	if err := c.check(ctx, p, files.sum); err != nil {
		return err
	}
	return b.end()
}

// check compares what is in the archive with what was sent.
func (c *largeCommand) check(ctx context.Context, p *product, sum string) error {
	bodies, attachments := 0, 0
	for m, err := range p.client.Messages(ctx, client.MessageFilter{}) {
		if err != nil {
			return err
		}
		if m.Status != client.MessageArchived {
			return fmt.Errorf("LOST: message %s, of which an event came, is %s", m.ID, m.Status)
		}
		switch {
		case m.Size == hook.MaxBody:
			sent := sha256.Sum256([]byte(message(m.ExternalID, hook.MaxBody, none)))
			if m.SHA256 != hex.EncodeToString(sent[:]) {
				return fmt.Errorf("ALTERED: message %s is archived with another body than was sent", m.ID)
			}
			bodies++
		case len(m.Attachments) > 0:
			file, err := p.client.MessageAttachment(ctx, m.ID, 0)
			if err != nil {
				return err
			}
			hash := sha256.New()
			_, err = io.Copy(hash, file.Body)
			if err := errors.Join(err, file.Body.Close()); err != nil {
				return err
			}
			if hex.EncodeToString(hash.Sum(nil)) != sum {
				return fmt.Errorf("ALTERED: the attachment of message %s comes out of the archive with other bytes than were served", m.ID)
			}
			attachments++
		}
	}
	if bodies != c.Bodies || attachments != c.Attachments {
		return fmt.Errorf("LOST: of %d large messages and %d attachments the archive has %d and %d", c.Bodies, c.Attachments, bodies, attachments)
	}
	return nil
}

// file serves bytes of a size, without holding them.
type file struct {
	size int
	part string // is repeated
	sum  string // SHA-256, hex
}

func newFile(size int) *file {
	f := &file{size: size, part: strings.Repeat(rand.Text(), 1<<15)}
	hash := sha256.New()
	_ = f.write(hash) // a hash takes all
	f.sum = hex.EncodeToString(hash.Sum(nil))
	return f
}

func (f *file) write(w io.Writer) error {
	for left := f.size; left > 0; left -= min(left, len(f.part)) {
		if _, err := io.WriteString(w, f.part[:min(left, len(f.part))]); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", strconv.Itoa(f.size))
	w.Header().Set("Content-Type", "application/octet-stream")
	_ = f.write(w) // who hangs up has enough
}
