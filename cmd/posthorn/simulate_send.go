package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"posthorn/client"
	"posthorn/simulate"
)

// send posts the callback where the API is reached, whatever the public URL is
// that the signature covers.
func (c *simulateCommand) send(ctx context.Context, api *client.Client, endpoint client.Endpoint, callback simulate.Callback) error {
	const root = "/webhooks/incoming/"
	_, path, ok := strings.Cut(callback.URL, root)
	if !ok {
		return fmt.Errorf("the endpoint's URL %s is not one of Posthorn's", callback.URL)
	}
	request, err := callback.Request(ctx)
	if err != nil {
		return err
	}
	to, err := request.URL.Parse(strings.TrimSuffix(c.URL, "/") + root + path)
	if err != nil {
		return err
	}
	request.URL, request.Host = to, ""
	began := time.Now()
	response, err := new(http.Client).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	const most = 4096 // bytes of an answer that are shown
	answer, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return err
	}
	say("sent", "%s %s, %d bytes: %s", callback.Method, withoutQuery(callback.URL), len(callback.Body), callback.Kind.Name)
	say("answered", "%d after %d ms, %s", response.StatusCode, time.Since(began).Milliseconds(), described(response, answer))
	if response.StatusCode != http.StatusOK {
		explain(ctx, api, endpoint, began)
		return exit{exitRefused, errors.New("the callback was refused")}
	}
	return nil
}

func withoutQuery(url string) string {
	url, _, _ = strings.Cut(url, "?")
	return url
}

// described is an answer in words: the detail of a problem, or its text.
func described(response *http.Response, answer []byte) string {
	var problem struct {
		Detail string `json:"detail"`
	}
	switch {
	case len(answer) == 0:
		return "with an empty body"
	case json.Unmarshal(answer, &problem) == nil && problem.Detail != "":
		return problem.Detail
	}
	return fmt.Sprintf("with %q as %s", answer, response.Header.Get("Content-Type"))
}

// explain shows why the endpoint refused what came since. Posthorn writes it
// down soon after it answered.
func explain(ctx context.Context, api *client.Client, endpoint client.Endpoint, since time.Time) {
	const patience = 3 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last client.RefusedRequest
	err := await(ctx, func() (bool, error) {
		refused, err := api.Refused(ctx, endpoint.ID)
		if err != nil || len(refused.Last) == 0 {
			return false, err
		}
		last = refused.Last[0]
		return last.At.After(since.Add(-time.Second)), nil // an id's milliseconds are rounded
	})
	if err != nil {
		return // what was answered says it, too
	}
	say("refused", "%s, %s", last.Reason, last.ID)
	if why := last.Explanation; why != nil {
		say("", "checked by %s at %s", why.Scheme, why.URL)
		if why.Cause != "" {
			say("", "likely cause: %s", why.Cause)
		}
	}
}
