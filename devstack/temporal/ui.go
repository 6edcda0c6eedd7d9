package temporal

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// webUI is Temporal's own user interface.
type webUI struct {
	server *server.Server
	ended  chan struct{}
}

// startUI returns when the UI answers. Its server ends the process when it
// cannot listen, so the address must have been checked.
func startUI(ctx context.Context, addr, frontend string) (*webUI, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the address of the Temporal Web UI is not host:port: %w", err)
	}
	p, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("the port of the Temporal Web UI is not a number: %w", err)
	}
	ui := &webUI{
		server: server.NewServer(server_options.WithConfigProvider(uiConfig{
			Host:                host,
			Port:                p,
			TemporalGRPCAddress: frontend,
			EnableUI:            true,
			CORS:                config.CORS{CookieInsecure: true}, // it is plain HTTP
			DisableNewsFetch:    true,                              // it works without the internet
			HideLogs:            true,
		})),
		ended: make(chan struct{}),
	}
	go func() {
		defer close(ui.ended)
		_ = ui.server.Start() // nil, or the process has ended
	}()
	if err := waitAnswering(ctx, "http://"+addr+"/healthz"); err != nil {
		ui.stop()
		return nil, fmt.Errorf("the Temporal Web UI did not start in time: %w", err)
	}
	return ui, nil
}

func (ui *webUI) stop() {
	ui.server.Stop()
	<-ui.ended
}

// uiConfig is a configuration that never changes.
type uiConfig config.Config

// GetConfig implements config.ConfigProvider.
func (c uiConfig) GetConfig() (*config.Config, error) {
	cfg := config.Config(c)
	return &cfg, nil
}

func waitAnswering(ctx context.Context, url string) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		req.Close = true
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
