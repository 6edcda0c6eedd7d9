package devstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"posthorn/devstack/port"
)

// ports are where the servers of a stack listen. They are chosen once and
// then kept in its directory, so that addresses which people wrote down stay
// valid and stacks in different directories run side by side.
type ports struct {
	Postgres         int `json:"postgres"`
	ObjectStore      int `json:"object_store"`
	TemporalFrontend int `json:"temporal_frontend"`
	TemporalHistory  int `json:"temporal_history"`
	TemporalMatching int `json:"temporal_matching"`
	TemporalWorker   int `json:"temporal_worker"`
}

const portsFile = "ports.json"

// each lists the ports with the names that people know them by.
func (p *ports) each() []namedPort {
	return []namedPort{
		{"PostgreSQL", &p.Postgres},
		{"the object store", &p.ObjectStore},
		{"Temporal", &p.TemporalFrontend},
		{"Temporal's history service", &p.TemporalHistory},
		{"Temporal's matching service", &p.TemporalMatching},
		{"Temporal's worker service", &p.TemporalWorker},
	}
}

type namedPort struct {
	owner string
	port  *int
}

// keepPorts reads the ports of the directory, chooses those that are missing
// or taken, says so of the latter, and writes down what it chose.
func keepPorts(dir string, say func(string)) (ports, error) {
	path := filepath.Join(dir, portsFile)
	var kept ports
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return ports{}, fmt.Errorf("%s cannot be read: %w: remove it, and new ports are chosen", path, err)
	}
	chosen := kept
	for _, p := range chosen.each() {
		if err := p.choose(say); err != nil {
			return ports{}, err
		}
	}
	if chosen == kept {
		return chosen, nil
	}
	text, err = json.MarshalIndent(chosen, "", "\t")
	if err != nil {
		return ports{}, err
	}
	return chosen, writeFile(path, append(text, '\n'), 0o644)
}

func (p namedPort) choose(say func(string)) error {
	old := *p.port
	if old > 0 && freeSoon(old) {
		return nil
	}
	chosen, err := port.Free()
	if err != nil {
		return err
	}
	*p.port = chosen
	if old > 0 {
		say(fmt.Sprintf("Port %d, which %s had, is taken by another program; it has %d now.", old, p.owner, chosen))
	}
	return nil
}

// freeSoon waits a moment for a port that is taken: the servers of a stack
// that was just killed need one to go.
func freeSoon(p int) bool {
	addr := local(p)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Second)
	for port.Check(addr) != nil {
		select {
		case <-tick.C:
		case <-deadline:
			return false
		}
	}
	return true
}

func local(p int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p)) }
