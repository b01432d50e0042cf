package veriff

import (
	"net"
	"net/http"
	"strings"

	"github.com/bonafide-idv/bonafide/session"
)

// validateRegistry is https://devdocs.veriff.com/apidocs/v1validate-registry and, where the request's host
// begins with "sync-api.", https://devdocs.veriff.com/apidocs/validate-registry-3. Like a creation it needs no
// signature. The bodies of its answers are not published: asked synchronously it answers what reading the
// decision does, and else, or when the registry takes too long, what a creation does, with status submitted.
func validateRegistry(x *exchange) error {
	body, err := x.bodyOfCreation()
	if err != nil {
		return err
	}
	facts, err := x.readCreation(body)
	if err != nil {
		return err
	}
	wait := isSyncHost(x.r.Host)
	s, err := x.engine.CheckRegistry(x.r.Context(), facts, wait)
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
