package gateway

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"time"

	"posthorn/egress"
	"posthorn/provider"
)

// certificateLifetime is how long a certificate that signs callbacks is kept.
const certificateLifetime = 24 * time.Hour

// ReadCertificates reads a file of certificates for WithCertificates: a JSON
// object of PEM by URL, or one certificate in PEM, which then stands for all. A
// file that is not there now is an error; what it does not have is fetched.
func ReadCertificates(file string) (provider.Fetch, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(content); block != nil && block.Type == "CERTIFICATE" {
		return func(context.Context, string) ([]byte, error) { return content, nil }, nil
	}
	var byURL map[string]string
	if err := json.Unmarshal(content, &byURL); err != nil {
		return nil, fmt.Errorf("%s: is neither a JSON object of certificates (PEM) by their URL nor one in PEM", file)
	}
	return func(_ context.Context, url string) ([]byte, error) {
		text, ok := byURL[url]
		if !ok {
			return nil, fmt.Errorf("%s has no certificate for %s", file, url)
		}
		return []byte(text), nil
	}, nil
}

// fetch gets what a provider's callback is checked with: from the file, where
// it has it, else from the provider.
func (p *parts) fetch() provider.Fetch {
	fetched := provider.Cached(fetchWith(p.egress), certificateLifetime, time.Now)
	if p.certificates == nil {
		return fetched
	}
	return func(ctx context.Context, url string) ([]byte, error) {
		if content, err := p.certificates(ctx, url); err == nil {
			return content, nil
		}
		return fetched(ctx, url)
	}
}

func fetchWith(client *egress.Client) provider.Fetch {
	return func(ctx context.Context, url string) ([]byte, error) {
		download, err := client.Get(ctx, url, nil, provider.MaxFetch)
		if err != nil {
			return nil, err
		}
		defer download.Body.Close()
		return io.ReadAll(download.Body)
	}
}
