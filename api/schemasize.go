package api

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxSubschemas is how many parts a schema may have, what it refers to counted
// at each place: it bounds what a validation takes.
const maxSubschemas = 2000

// schemaSize holds a schema to what can be validated in bounded time: its
// references lead to parts of itself, and not in a circle, for with circles the
// time can double with each level of the data.
type schemaSize struct {
	root  any
	parts int
	refs  []string // on the way to the current part
}

func (s *schemaSize) walk(value any, top bool) error {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if err := s.walk(item, false); err != nil {
				return err
			}
		}
	case map[string]any:
		if s.parts++; s.parts > maxSubschemas {
			return errors.New("is too large: it may have " + strconv.Itoa(maxSubschemas) + " parts, those that it refers to counted at each place")
		}
		for name, part := range v {
			if err := s.keyword(name, part, top); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *schemaSize) keyword(name string, part any, top bool) error {
	text, isText := part.(string)
	switch {
	case isText && (name == "$dynamicRef" || name == "$recursiveRef" || name == "$id" && !top):
		return errors.New("must not have " + name)
	case isText && name == "$ref":
		return s.follow(text)
	}
	return s.walk(part, false)
}

func (s *schemaSize) follow(ref string) error {
	if slices.Contains(s.refs, ref) {
		return errors.New("must not refer to itself in a circle")
	}
	part, ok := s.find(ref)
	if !ok {
		return errors.New(`must refer to parts of itself only, such as "#/$defs/address"`)
	}
	s.refs = append(s.refs, ref)
	defer func() { s.refs = s.refs[:len(s.refs)-1] }()
	return s.walk(part, false)
}

// find resolves a reference that is the fragment of a JSON pointer.
func (s *schemaSize) find(ref string) (any, bool) {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	part := s.root
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for name := range strings.SplitSeq(pointer, "/") {
		name, err := url.PathUnescape(name)
		if err != nil {
			return nil, false
		}
		switch v := part.(type) {
		case map[string]any:
			part, ok = v[unescape.Replace(name)]
		case []any:
			i, err := strconv.Atoi(name)
			if ok = err == nil && i >= 0 && i < len(v); ok {
				part = v[i]
			}
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return part, true
}
