package hook

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MaxFrames is how many origins may frame the pages of one portal link.
const MaxFrames = 10

// An origin as Content-Security-Policy has it (CSP Level 3, section 2.3.1),
// with no wildcard and nothing that could end a directive.
var frameOrigin = regexp.MustCompile(`^(https?)://((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*)(?::([0-9]{1,5}))?$`)

// ParseFrames reads the origins whose pages may frame ours: https, or http of
// localhost. They come out in lower case, each once.
func ParseFrames(list []string) ([]string, error) {
	var out []string
	var bad []FieldError
	if len(list) > MaxFrames {
		bad = append(bad, FieldError{Pointer: "/frame_ancestors", Message: "must be at most " + strconv.Itoa(MaxFrames) + " origins"})
		list = nil
	}
	for i, text := range list {
		origin := strings.ToLower(text)
		if !framing(origin) {
			bad = append(bad, FieldError{
				Pointer: "/frame_ancestors/" + strconv.Itoa(i), Message: "must be an origin such as https://app.example.com, without a path; http is for localhost alone",
			})
		} else if !slices.Contains(out, origin) {
			out = append(out, origin)
		}
	}
	if len(bad) > 0 {
		return nil, Invalid("the origins will not do", bad...)
	}
	return out, nil
}

func framing(origin string) bool {
	parts := frameOrigin.FindStringSubmatch(origin)
	if parts == nil || len(parts[2]) > 253 {
		return false
	}
	scheme, host := parts[1], parts[2]
	if port, err := strconv.Atoi(parts[3]); parts[3] != "" && (err != nil || port < 1 || port > 65535) {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return scheme == "https" || host == "localhost" || err == nil && ip.IsLoopback()
}
