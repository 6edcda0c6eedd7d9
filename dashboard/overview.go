package dashboard

func (q *request) overview() error {
	return q.page("overview", "Overview", nil)
}
