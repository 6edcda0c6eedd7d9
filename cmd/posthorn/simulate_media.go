package main

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"posthorn/simulate"
)

// picture is the smallest PNG: one transparent pixel.
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// serveMedia serves the file of a kind with media, as the provider would, where
// Posthorn can reach this machine: it runs on it. stop ends that.
func (c *simulateCommand) serveMedia(ctx context.Context, t *simulate.Target) (stop func(), err error) {
	none := func() {}
	gateway, err := url.Parse(c.URL)
	if err != nil {
		return none, err
	}
	ip, err := netip.ParseAddr(strings.Trim(gateway.Hostname(), "[]"))
	isHere := gateway.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	fromEmail := slices.Contains([]string{"email", "sendgrid-inbound", "mailgun-inbound", "postmark-inbound", "meta"}, c.Provider)
	if c.Kind != "media" || t.MediaURL != "" || !isHere || fromEmail {
		return none, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return none, err
	}
	content, err := base64.StdEncoding.DecodeString(picture)
	if err != nil {
		return none, err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(content) // who goes away before it came has it not
	})}
	go func() { _ = server.Serve(listener) }() // until it is closed
	t.MediaURL = "http://" + listener.Addr().String() + "/picture.png"
	return func() { _ = server.Close() }, nil
}
