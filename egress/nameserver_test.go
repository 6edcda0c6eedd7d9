package egress

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// reply is what the name server says to the n-th question for a name's
// addresses (from 1); a silent one never answers.
type reply struct {
	code      dnsmessage.RCode
	addresses []netip.Addr
	silent    bool
}

// nameserver answers on a UDP port of loopback. The resolver asks it alone.
func nameserver(t *testing.T, answer func(name string, n int) reply) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	var done sync.WaitGroup
	done.Go(func() { answerQuestions(socket, answer) })
	var mu sync.Mutex
	var asking []net.Conn
	t.Cleanup(func() {
		require.NoError(t, socket.Close())
		done.Wait()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range asking { // the resolver goes on waiting after its caller left
			_ = c.Close()
		}
	})
	address := socket.LocalAddr().String()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, "udp", address)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			asking = append(asking, c)
		}
		return c, err
	}}
}

func answerQuestions(socket net.PacketConn, answer func(string, int) reply) {
	var asked counter
	buffer := make([]byte, 2048)
	for {
		n, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		var question dnsmessage.Message
		if question.Unpack(buffer[:n]) != nil || len(question.Questions) != 1 {
			continue
		}
		q := question.Questions[0]
		// A and AAAA are asked for at once: the turns of both are counted apart.
		what := answer(q.Name.String(), asked.add(q.Type.String()+q.Name.String()))
		if what.silent {
			continue
		}
		message := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: question.ID, Response: true, RecursionAvailable: true, RCode: what.code},
			Questions: question.Questions,
		}
		for _, address := range what.addresses {
			message.Answers = append(message.Answers, resources(q, address)...)
		}
		if packed, err := message.Pack(); err == nil {
			_, _ = socket.WriteTo(packed, from)
		}
	}
}

// resources is the record of an address where it is of the type in question.
func resources(q dnsmessage.Question, address netip.Addr) []dnsmessage.Resource {
	var body dnsmessage.ResourceBody
	switch {
	case q.Type == dnsmessage.TypeA && address.Is4():
		body = &dnsmessage.AResource{A: address.As4()}
	case q.Type == dnsmessage.TypeAAAA && address.Is6():
		body = &dnsmessage.AAAAResource{AAAA: address.As16()}
	default:
		return nil
	}
	return []dnsmessage.Resource{{
		Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: dnsmessage.ClassINET}, Body: body,
	}}
}

func addresses(list ...string) reply {
	var r reply
	for _, a := range list {
		r.addresses = append(r.addresses, netip.MustParseAddr(a))
	}
	return r
}
