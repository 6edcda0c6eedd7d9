package dashboard

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/client"
)

func TestATimingNamesThePhasesThatThereWere(t *testing.T) {
	t.Parallel()
	require.Nil(t, newTiming(client.Attempt{DurationMS: 3}))
	for name, c := range map[string]struct {
		duration int64
		phases   client.Phases
		want     []string
		cut      string
	}{
		"a new connection":     {123, client.Phases{DNS: 4, Connect: 12.5, TLS: 31, FirstByte: 75.04, Read: .02}, []string{"DNS 4.0 ms", "Connect 12 ms", "TLS 31 ms", "First byte 75 ms", "Reading < 0.1 ms"}, ""},
		"a kept one":           {120, client.Phases{FirstByte: 119.5, Read: .7, Reused: true}, []string{"First byte 120 ms", "Reading 0.7 ms"}, ""},
		"a second try":         {40, client.Phases{Connect: 1, FirstByte: 9}, []string{"Before 30 ms", "Connect 1.0 ms", "First byte 9.0 ms"}, ""},
		"a handshake too long": {10000, client.Phases{Connect: 2, TLS: 9998, CutOff: "tls"}, []string{"Connect 2.0 ms", "TLS 10.0 s"}, "TLS"},
		"refused at once":      {0, client.Phases{DNS: .8, CutOff: "connect"}, []string{"DNS 0.8 ms", "Connect < 0.1 ms"}, "Connect"},
	} {
		got := newTiming(client.Attempt{DurationMS: c.duration, Phases: &c.phases})
		var said []string
		for _, p := range got.Laps {
			said = append(said, p.Name+" "+p.Took)
			require.Equal(t, p.Name == c.cut, p.Cut, name)
		}
		require.Equal(t, c.want, said, name)
		require.Equal(t, c.phases.Reused, got.Reused, name)
	}
}

func TestATimingIsDrawnInOrderAndWithinItsWidth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Float64Range(0, 60000)
		p := client.Phases{DNS: ms.Draw(t, "dns"), Connect: ms.Draw(t, "connect"), TLS: ms.Draw(t, "tls"), FirstByte: ms.Draw(t, "first byte"), Read: ms.Draw(t, "read")}
		p.CutOff = rapid.SampledFrom([]string{"", "dns", "read"}).Draw(t, "cut off")
		end := 0.0
		for _, lap := range newTiming(client.Attempt{DurationMS: rapid.Int64Range(0, 60000).Draw(t, "duration"), Phases: &p}).Laps {
			require.GreaterOrEqual(t, lap.X, end)
			require.GreaterOrEqual(t, lap.Width, lapWidth-lapGap-.01)
			end = lap.X + lap.Width
		}
		require.LessOrEqual(t, end, timingWidth)
	})
}
