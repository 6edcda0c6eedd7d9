package dashboard

import "net/http"

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// routes are all pages and forms, by their paths below Prefix.
func routes() []route {
	return []route{
		{method: get, path: "/sign-in", open: true, handle: (*request).signIn},
		{method: post, path: "/sign-in", open: true, handle: (*request).postSignIn},
		{method: get, path: "/sign-in/sso", open: true, handle: (*request).beginSSO},
		{method: get, path: "/sign-in/sso/callback", open: true, handle: (*request).endSSO},
		{method: get, path: "/link/{sealed}", open: true, handle: (*request).link},
		{method: get, path: "/join/{sealed}", open: true, handle: (*request).join},
		{method: post, path: "/join/{sealed}", open: true, handle: (*request).postJoin},
		{method: post, path: "/sign-out", roles: everyone, handle: (*request).signOut},
		{method: get, path: "/account", roles: everyone, people: true, handle: (*request).account},
		{method: post, path: "/account/password", roles: everyone, people: true, handle: (*request).changePassword},
		{method: post, path: "/account/sign-out-everywhere", roles: everyone, people: true, handle: (*request).signOutEverywhere},

		{method: get, path: "/webhooks", roles: readers, handle: (*request).webhooks},
		{method: get, path: "/webhooks/new", roles: operators, handle: (*request).newWebhook},
		{method: post, path: "/webhooks/new", roles: operators, handle: (*request).createWebhook},
		{method: get, path: "/webhooks/{id}", roles: readers, handle: (*request).webhook},
		{method: get, path: "/webhooks/{id}/edit", roles: operators, handle: (*request).editWebhook},
		{method: post, path: "/webhooks/{id}/edit", roles: operators, handle: (*request).saveWebhook},
		{method: post, path: "/webhooks/{id}/rotate", roles: operators, handle: (*request).rotateWebhook},
		{method: post, path: "/webhooks/{id}/test", roles: operators, handle: (*request).testWebhook},
		{method: post, path: "/webhooks/{id}/enable", roles: operators, handle: (*request).enableWebhook},
		{method: post, path: "/webhooks/{id}/disable", roles: operators, handle: (*request).disableWebhook},
		{method: post, path: "/webhooks/{id}/delete", roles: operators, handle: (*request).deleteWebhook},

		{method: get, path: "/webhooks/{id}/recover", roles: readers, handle: (*request).recovery},
		{method: post, path: "/webhooks/{id}/recover", roles: operators, handle: (*request).startRecovery},

		{method: get, path: "/deliveries", roles: readers, handle: (*request).deliveries},
		{method: post, path: "/deliveries/resend", roles: operators, handle: (*request).resendMany},
		{method: get, path: "/deliveries/{id}", roles: readers, handle: (*request).delivery},
		{method: post, path: "/deliveries/{id}/resend", roles: operators, handle: (*request).resend},
		{method: post, path: "/deliveries/{id}/cancel", roles: operators, handle: (*request).cancel},

		{method: get, path: "/events", roles: readers, handle: (*request).events},
		{method: get, path: "/events/{id}", roles: readers, handle: (*request).event},

		{method: get, path: "/messages", roles: readers, handle: (*request).messages},
		{method: post, path: "/messages/searches", roles: readers, people: true, handle: (*request).saveSearch},
		{method: post, path: "/messages/searches/{id}/delete", roles: readers, people: true, handle: (*request).deleteSearch},
		{method: get, path: "/messages/{id}", roles: readers, handle: (*request).message},
		{method: get, path: "/messages/{id}/raw", roles: readers, handle: (*request).raw},
		{method: get, path: "/messages/{id}/attachments/{n}", roles: readers, handle: (*request).attachment},

		{method: get, path: "/settings", roles: readers, handle: (*request).settings},
		{method: post, path: "/settings", roles: admins, handle: (*request).saveSettings},
		{method: get, path: "/settings/retention", roles: readers, handle: (*request).retention},
		{method: post, path: "/settings/retention/{id}", roles: operators, handle: (*request).extendRetention},
		{method: get, path: "/settings/webhooks/endpoints", roles: readers, handle: (*request).endpoints},
		{method: get, path: "/settings/webhooks/endpoints/new", roles: operators, handle: (*request).newEndpoint},
		{method: post, path: "/settings/webhooks/endpoints/new", roles: operators, handle: (*request).createEndpoint},
		{method: get, path: "/settings/webhooks/endpoints/{id}", roles: readers, handle: (*request).endpoint},
		{method: get, path: "/settings/webhooks/endpoints/{id}/edit", roles: operators, handle: (*request).editEndpoint},
		{method: post, path: "/settings/webhooks/endpoints/{id}/edit", roles: operators, handle: (*request).saveEndpoint},
		{method: get, path: "/settings/webhooks/endpoints/{id}/mapping", roles: operators, handle: (*request).editMapping},
		{method: post, path: "/settings/webhooks/endpoints/{id}/mapping", roles: operators, handle: (*request).saveMapping},
		{method: post, path: "/settings/webhooks/endpoints/{id}/mapping/end", roles: operators, handle: (*request).endMapping},
		{method: post, path: "/settings/webhooks/endpoints/{id}/rotate", roles: operators, handle: (*request).rotateEndpoint},
		{method: post, path: "/settings/webhooks/endpoints/{id}/switch", roles: operators, handle: (*request).switchEndpoint},
		{method: post, path: "/settings/webhooks/endpoints/{id}/delete", roles: operators, handle: (*request).deleteEndpoint},
		{method: get, path: "/settings/webhooks/endpoints/{id}/refused/{rid}", roles: readers, handle: (*request).refusedRequest},
		{method: post, path: "/settings/webhooks/endpoints/{id}/refused/{rid}/readmit", roles: operators, handle: (*request).readmit},
		{method: post, path: "/settings/webhooks/endpoints/{id}/readmit", roles: operators, handle: (*request).readmitAll},
		{method: get, path: "/settings/webhooks/providers/{name}", roles: readers, handle: (*request).guide},
		{method: get, path: "/archive", roles: readers, handle: (*request).archive},
		{method: get, path: "/settings/webhooks/event-types", roles: readers, handle: (*request).eventTypes},
		{method: post, path: "/settings/webhooks/event-types", roles: operators, handle: (*request).putType},
		{method: get, path: "/settings/members", roles: admins, people: true, handle: (*request).members},
		{method: post, path: "/settings/members", roles: admins, people: true, handle: (*request).invite},
		{method: post, path: "/settings/members/{id}/role", roles: admins, people: true, handle: (*request).setRole},
		{method: post, path: "/settings/members/{id}/remove", roles: admins, people: true, handle: (*request).removeMember},
		{method: post, path: "/settings/invitations/{id}/remove", roles: admins, people: true, handle: (*request).uninvite},
		{method: get, path: "/settings/keys", roles: admins, people: true, handle: (*request).keys},
		{method: post, path: "/settings/keys", roles: admins, people: true, handle: (*request).createKey},
		{method: post, path: "/settings/keys/{id}/remove", roles: admins, people: true, handle: (*request).deleteKey},

		{method: get, path: "/{$}", roles: everyone, handle: (*request).overview},
	}
}
