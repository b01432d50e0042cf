package veriff

import (
	"net"
	"net/http"
	"strings"

	"github.com/bonafide-idv/bonafide/session"
)

// validateRegistry is https://devdocs.veriff.com/apidocs/v1validate-registry and, where the request's host
// begins with "sync-api.", https://devdocs.veriff.com/apidocs/validate-registry-3. Like a creation it needs no
// signature, unless it is synchronous: then the answer says what the registry has on file. The bodies of its answers are not published: asked synchronously it answers what reading the
// decision does, and else, or when the registry takes too long, what a creation does, with status submitted.
func validateRegistry(x *exchange) error {
	wait := isSyncHost(x.r.Host)
	read := x.bodyOfCreation
	if wait {
		read = x.signedBody // who has nothing but the public key shall not try people out
	}
	body, err := read()
	if err != nil {
		return err
	}
	facts, err := x.readCreation(body)
	if err != nil {
		return err
	}
	ask := x.engine.CheckRegistry
	if wait {
		ask = x.engine.AskRegistry
	}
	s, err := ask(x.r.Context(), facts)
	if err != nil {
		return x.orNoIntegration(err)
	}
	if wait && s.Status != session.StatusSubmitted {
		c, err := conclusionOf(s)
		if err != nil {
			return err
		}
		return x.answer(http.StatusCreated, c)
	}
	return x.answer(http.StatusCreated, success(x.verification(s)))
}

// isSyncHost tells the vendor's host for synchronous checks, sync-api.veriff.me, by its first label.
func isSyncHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.HasPrefix(strings.ToLower(host), "sync-api.")
}
