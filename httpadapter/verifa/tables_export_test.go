package verifa

import (
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// Endpoint is a route as the tests see it.
type Endpoint struct {
	Method, Path, Does, Page, Differs string
	Scopes                            []string
	Public, Quota                     bool
}

// Endpoints gives the routes in the order of the table, with the vendor's pages by their addresses.
func Endpoints() (list []Endpoint) {
	for _, r := range routes {
		e := Endpoint{
			Method: r.method, Path: r.path, Does: r.does, Page: r.page, Differs: r.differs, Scopes: r.scopes, Public: r.public,
			Quota: r.quota,
		}
		if e.Page != "" {
			e.Page = vendorPages + e.Page
		}
		list = append(list, e)
	}
	return list
}

// The tables of further names.
var (
	CreateAliases  = map[string][]string(createAliases)
	FieldAliases   = map[string][]string(fieldAliases)
	AddressAliases = map[string][]string(addressAliases)
)

// Fold is what a name means.
func Fold(name string) string { return fold(name) }

// Word is what is said of a status, and of the result that a session with it has.
func Word(s session.Status, sandbox bool) (status, result string) {
	return statusOf(s, sandbox), words[s].result
}

// StatusesOf are the engine's statuses that a word stands for.
func StatusesOf(name string, sandbox bool) []session.Status { return statusesOf(name, sandbox) }

// MaxCallers is how many callers a [Limiter] counts apart.
const MaxCallers = maxCallers

// Limiter counts requests.
type Limiter struct{ *limiter }

// NewLimiter makes one that has counted nothing.
func NewLimiter() Limiter { return Limiter{newLimiter()} }

// Take counts a request.
func (l Limiter) Take(who string, most int, now time.Time) (left int, reset time.Time, ok bool) {
	return l.take(who, most, now)
}

// Size is how many callers are known, and how many times are kept of them.
func (l Limiter) Size() (callers, times int) {
	for _, c := range l.calls {
		times += cap(c.times)
	}
	return len(l.calls), times
}

// UserKeys are the members inside which no name is changed.
var UserKeys = userKeys
