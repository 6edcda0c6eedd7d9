package temporal

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// isExpected reports whether a warning tells nothing: of every start that has
// no HTTP API beside gRPC, or that takes over what an earlier one left, and of
// every page that the Web UI asks for.
func isExpected(msg string) bool {
	return strings.HasPrefix(msg, "HTTP API port has not been set") ||
		strings.HasPrefix(msg, "Queue reader unable to retrieve tasks") ||
		strings.HasPrefix(msg, "GetHistory page size is larger than threshold")
}

// logger hands the server's log on to slog. What the server calls information
// is debugging here: some hundred lines at every start. From the beginning of
// a stop everything is, because parts that end report those that have ended
// before them as errors.
type logger struct {
	slog  *slog.Logger
	quiet *atomic.Bool
}

var (
	_ log.Logger      = (*logger)(nil)
	_ log.WithLogger  = (*logger)(nil)
	_ log.SLogWrapper = (*logger)(nil)
)

func newLogger(to *slog.Logger) *logger {
	return &logger{slog: to, quiet: new(atomic.Bool)}
}

func (l *logger) Debug(msg string, tags ...tag.Tag) { l.log(slog.LevelDebug, msg, tags) }
func (l *logger) Info(msg string, tags ...tag.Tag)  { l.log(slog.LevelDebug, msg, tags) }
func (l *logger) Warn(msg string, tags ...tag.Tag)  { l.log(slog.LevelWarn, msg, tags) }
func (l *logger) Error(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

// DPanic only panics in the development of the server itself.
func (l *logger) DPanic(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

func (l *logger) Panic(msg string, tags ...tag.Tag) {
	l.log(slog.LevelError, msg, tags)
	panic("Temporal: " + msg)
}

// Fatal panics where the server would exit: whoever embeds it should see why.
func (l *logger) Fatal(msg string, tags ...tag.Tag) { l.Panic(msg, tags...) }

// With implements log.WithLogger.
func (l *logger) With(tags ...tag.Tag) log.Logger {
	return &logger{slog: slog.New(l.slog.Handler().WithAttrs(attributes(tags))), quiet: l.quiet}
}

// SLog implements log.SLogWrapper, for the SDK that the server uses itself.
func (l *logger) SLog() *slog.Logger { return slog.New(demoted{l.slog.Handler(), l.quiet}) }

func (l *logger) log(level slog.Level, msg string, tags []tag.Tag) {
	ctx := context.Background()
	if l.quiet.Load() || isExpected(msg) {
		level = slog.LevelDebug
	}
	if l.slog.Enabled(ctx, level) {
		l.slog.LogAttrs(ctx, level, msg, attributes(tags)...)
	}
}

func attributes(tags []tag.Tag) []slog.Attr {
	attrs := make([]slog.Attr, len(tags))
	for i, t := range tags {
		attrs[i] = slog.Any(t.Key(), t.Value())
	}
	return attrs
}

// demoted does to slog's records what logger does to the server's.
type demoted struct {
	slog.Handler
	quiet *atomic.Bool
}

func (d demoted) level(l slog.Level) slog.Level {
	if l < slog.LevelWarn || d.quiet.Load() {
		return slog.LevelDebug
	}
	return l
}

func (d demoted) Enabled(ctx context.Context, l slog.Level) bool {
	return d.Handler.Enabled(ctx, d.level(l))
}

func (d demoted) Handle(ctx context.Context, r slog.Record) error {
	r.Level = d.level(r.Level)
	return d.Handler.Handle(ctx, r)
}

func (d demoted) WithAttrs(attrs []slog.Attr) slog.Handler {
	return demoted{d.Handler.WithAttrs(attrs), d.quiet}
}

func (d demoted) WithGroup(name string) slog.Handler {
	return demoted{d.Handler.WithGroup(name), d.quiet}
}
