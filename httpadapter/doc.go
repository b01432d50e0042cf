// Package httpadapter puts a [session.Engine] on the wire: [New] gives one [http.Handler] for all wire
// languages, to be mounted on a mux that a server has already, and [Renderers] gives the writers of their
// webhooks.
//
// The handler never listens and starts nothing. Mounted under a prefix it needs [http.StripPrefix], and says
// the prefix in the addresses that it gives out. Behind a proxy, say in [Config].PublicURL how clients reach
// the server.
//
// A wire language is a package of its own, which decodes, calls one verb of the engine, and encodes; it has no
// rules. There are two: package veriff, which answers at /v1/… and /v/…, and package verifa, which answers at /api/v1/…
// and /verify/…, where [Verifa] has keys for it. Each has integrations of its own, by [session.Integration.Dialect], and
// to each the sessions of the other are not there. Webhooks are sent by package webhook.
package httpadapter
