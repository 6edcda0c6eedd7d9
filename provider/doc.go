// Package provider checks the callbacks of email, SMS and WhatsApp providers
// and turns them into events. It opens no connection and keeps no state: the
// clock, what must be fetched, and the memory of callbacks seen before are the
// caller's.
//
// A callback goes through two steps. Verify says whether it is authentic and,
// if not, why: a Reason for machines, words and a likely cause for people.
// Events says what it means: the events it becomes, the parts of it that
// become none, and the answer that the provider expects.
//
//	p, ok := provider.Lookup("mailgun")
//	secret, err := p.Parse(providerConfig)         // once; stored encrypted
//	config, err := p.Config([]hook.Secret{secret}) // the active ones, newest first
//	verdict := p.Verify(ctx, request, config, now, fetch)
//	result := p.Events(request, config)            // of an accepted one
//
// Result.Payload makes it a message of the archive, and Source says with which
// credential its files are fetched.
//
// What holds for all of them:
//
//   - Signatures are checked over the bytes as they came and the URL as it is
//     configured at the provider (PublicURL), never over what a proxy made of
//     them. A secret that is empty verifies nothing.
//   - During a rotation two versions of a configuration are in force. Each is
//     a whole provider_config, so that a user name changes with its password.
//   - Schemes that leave the content unsigned, and all that carry a nonce, say
//     in Verdict.Replay what to remember, for how long, and what to make of
//     the same nonce when it comes again.
//   - Unknown kinds are listed as ignored and answered like known ones.
//   - Statuses come out of order. Each event has a Rank: the current status of
//     a message is the one of the highest rank.
//
// A further provider is one file: a Provider with its fields, a verify and an
// events function, and a line in the table of provider.go.
package provider
