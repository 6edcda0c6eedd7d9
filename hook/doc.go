// Package hook is the domain of Posthorn: endpoints and the messages they
// receive, events, webhooks, deliveries and attempts, with the rules that hold
// between them. It does no I/O and knows no database, wire or clock: whatever
// it needs to know is an argument. How a thing is stored, sent or shown lives
// in the packages that import this one.
package hook
