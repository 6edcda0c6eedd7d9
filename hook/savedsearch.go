package hook

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// SavedSearch is a search of messages that a user keeps under a name.
type SavedSearch struct {
	ID    ID
	Name  string
	Query string // as it is typed into the dashboard's search box
}

// MaxSavedSearches is how many a user may keep.
const MaxSavedSearches = 50

// The longest name and query, in characters and bytes.
const (
	maxSearchName  = 60
	maxSearchQuery = 2000
)

// Validate holds a search to its limits, once blanks around its texts are gone.
func (s *SavedSearch) Validate() error {
	s.Name, s.Query = strings.Join(strings.Fields(s.Name), " "), strings.TrimSpace(s.Query)
	var bad []FieldError
	if n := utf8.RuneCountInString(s.Name); n < 1 || n > maxSearchName {
		bad = append(bad, FieldError{Pointer: "/name", Message: "must have 1 to " + strconv.Itoa(maxSearchName) + " characters"})
	}
	if n := len(s.Query); n < 1 || n > maxSearchQuery {
		bad = append(bad, FieldError{Pointer: "/q", Message: "must have 1 to " + strconv.Itoa(maxSearchQuery) + " bytes"})
	}
	if len(bad) > 0 {
		return Invalid("the search cannot be saved", bad...)
	}
	return nil
}
