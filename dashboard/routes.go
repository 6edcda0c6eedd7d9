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

		{method: get, path: "/{$}", roles: everyone, handle: (*request).overview},
	}
}
