package dashboard

import "posthorn/hook"

// Route is a page as tests see it.
type Route struct {
	Method, Path string
	Open, People bool
	Allows       func(hook.Role) bool
}

// Routes are all pages.
func Routes() (list []Route) {
	for _, rt := range routes() {
		list = append(list, Route{rt.method, rt.path, rt.open, rt.people, rt.allows})
	}
	return list
}
