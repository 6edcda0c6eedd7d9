package gateway

import (
	"context"
	"io"
	"log/slog"
)

// NewLog writes JSON lines of a level and above.
func NewLog(w io.Writer, level string) *slog.Logger {
	var least slog.Level
	_ = least.UnmarshalText([]byte(level)) // one of the four that the flag takes
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: least}))
}

// quiet passes on only what a library logs as a warning or worse: Temporal's
// client tells of every start and stop.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
