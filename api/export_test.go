package api

import (
	"context"
	"io"
	"log/slog"
	"time"

	"posthorn/hook"
)

// Route is a line of the table of routes.
type Route struct {
	Method, Path string
	Public, Root bool
	Roles        []hook.Role // admin included
}

// Routes is the table of everything that the API describes, and Registered the
// method and path of everything that it serves.
func Routes() (table []Route, registered [][2]string, err error) {
	s := &server{Config: Config{Log: slog.New(slog.DiscardHandler)}}
	engine, err := s.engine()
	if err != nil {
		return nil, nil, err
	}
	for _, rt := range s.routes(engine).table {
		table = append(table, Route{
			Method: rt.method, Path: rt.path, Public: rt.access == byAnyone, Root: rt.access == byRoot,
			Roles: append([]hook.Role{hook.RoleAdmin}, rt.roles...),
		})
	}
	for _, r := range engine.Routes() {
		registered = append(registered, [2]string{r.Method, r.Path})
	}
	return table, registered, nil
}

var (
	FormatCursor = formatCursor
	ParseCursor  = parseCursor
	BearerKey    = bearerKey
	ParsePrefix  = parsePrefix
	IsToken      = isToken
	Unmarshal    = unmarshal

	WaitPreference = waitPreference

	CompileSchema = compileSchema
	SchemaErrors  = schemaErrors
)

// Memory bounds what bodies take up.
type Memory struct{ *memory }

// NewMemory has a total, in bytes.
func NewMemory(total int64, wait time.Duration) Memory { return Memory{newMemory(total, wait)} }

// Read reads a body to its end. What it took is given back by release.
func (m Memory) Read(ctx context.Context, from io.Reader, want int64) (taken int64, release func(), err error) {
	b := &buffer{memory: m.memory}
	err = readAll(ctx, from, hook.MaxBody, want, b, nil)
	return int64(cap(b.bytes)), b.release, err
}

// MaxLines is how many messages a batch may have.
const MaxLines = maxLines

// SplitLines is the lines of a batch by their numbers.
func SplitLines(body []byte) (map[int]string, error) {
	lines, err := splitLines(body)
	numbered := map[int]string{}
	for _, l := range lines {
		numbered[l.number] = string(l.body)
	}
	return numbered, err
}
