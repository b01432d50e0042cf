package verifa

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

// maxIdempotencyKey is how long the key may be
// (https://docs.withverifa.com/api-details/idempotency).
const maxIdempotencyKey = 255

// idempotencyKey is the key that a request is to be served once under; empty: none.
func (x *exchange) idempotencyKey() (string, error) {
	given := x.r.Header.Values(headerIdempotency)
	if len(given) == 0 {
		return "", nil
	}
	ok := len(given) == 1 && len(given[0]) >= 1 && len(given[0]) <= maxIdempotencyKey
	for i := 0; ok && i < len(given[0]); i++ {
		ok = given[0][i] > 0x20 && given[0][i] < 0x7f
	}
	if !ok {
		return "", invalidRequest("Idempotency-Key must be 1 to 255 visible ASCII characters.")
	}
	return given[0], nil
}

// once is how a request is served once; nil: it has no key. request is what its body means, in a form in which equal
// bodies are equal, and encode gives status and value of the answer from what the engine's verb answers.
func (x *exchange) once(request []byte, encode func(result any) (int, any, error)) (*session.Once, error) {
	key, err := x.idempotencyKey()
	if key == "" || err != nil {
		return nil, err
	}
	return &session.Once{
		Scope: x.onceScope(), Key: key, Request: sorted(request),
		Encode: func(result any) ([]byte, error) {
			status, v, err := encode(result)
			if err != nil {
				return nil, err
			}
			return kept(status, v)
		},
	}, nil
}

// onceScope is within which a client's key is one: for an API key, an endpoint and what its path names. A publishable
// key is everybody's, and what one visitor was answered is not for another.
func (x *exchange) onceScope() string {
	scope := x.key.ID.String() + " " + x.r.Method + " " + x.r.URL.Path
	if x.key.Publishable {
		scope += " " + x.address().String()
	}
	return scope
}

// sorted is a request whose members, if it is JSON, are in one order, as their order means nothing.
func sorted(request []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(request))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return request
	}
	text, err := json.Marshal(v)
	if err != nil || d.More() {
		return request
	}
	return text
}

// kept is an answer as it is remembered: the status, a space, and the body in snake_case.
func kept(status int, v any) ([]byte, error) {
	body, err := jsontext.Stringify(v)
	return append(strconv.AppendInt(nil, int64(status), 10), append([]byte{' '}, body...)...), err
}

// change serves a request whose effect is one verb of the engine: verb is called with an engine that does it once, if
// the client has asked for that, and encode makes the answer of what it gives, as a change is remembered.
func change[T any](x *exchange, request []byte, verb func(*session.Engine) (T, error), encode func(T) (int, any, error)) error {
	once, err := x.once(request, func(result any) (int, any, error) {
		typed, ok := result.(T)
		if !ok {
			return 0, nil, errors.New("verifa: the verb gives something else than it remembers")
		}
		return encode(typed)
	})
	if err != nil {
		return err
	}
	engine := x.engine
	if once != nil {
		engine = engine.Once(*once)
	}
	result, err := verb(engine)
	if err != nil {
		return err
	}
	status, v, err := encode(result)
	if err != nil {
		return err
	}
	return x.answer(status, v)
}

// changes serves a request that makes several changes. What it answers must hold nothing about a person.
func (x *exchange) changes(request []byte, do func() (int, any, error)) error {
	once, err := x.once(request, nil)
	if err != nil {
		return err
	}
	if once == nil {
		status, v, err := do()
		if err != nil && !errors.Is(err, errHalfDone) {
			return err
		}
		return x.answer(status, v)
	}
	answer, err := x.doOnce(*once, do)
	if err != nil && !errors.Is(err, errHalfDone) {
		return err
	}
	return x.answerKept(answer)
}

// errHalfDone goes with an answer that is given, and not remembered: some of what was asked for is to be tried again.
var errHalfDone = errors.New("verifa: not everything was done")

// replay answers what a request was answered before, in the case that is asked for now.
func (x *exchange) replay(answer []byte) {
	x.w.Header().Set(headerReplayed, "true")
	if err := x.answerKept(answer); err != nil {
		x.refuse(err)
	}
}

// answerKept answers what is remembered.
func (x *exchange) answerKept(answer []byte) error {
	status, body, _ := bytes.Cut(answer, []byte{' '})
	n, err := strconv.Atoi(string(status))
	if err != nil {
		return errors.New("verifa: an answer was not remembered as it should have been")
	}
	return x.answerText(n, body)
}

// doOnce runs several changes once. A panic fails here already, so that they can be asked for again at once: to the
// engine it is the end of the process, after which the key is taken for two minutes. Meanwhile the request ends when the
// engine says.
func (x *exchange) doOnce(once session.Once, do func() (int, any, error)) ([]byte, error) {
	request := x.r
	defer func() { x.r = request }()
	return x.engine.Do(x.r.Context(), once, func(ctx context.Context) (answer []byte, err error) {
		x.r = request.WithContext(ctx)
		defer func() {
			if p := recover(); p != nil {
				err = panicked(p)
			}
		}()
		status, v, failed := do()
		if failed != nil && !errors.Is(failed, errHalfDone) {
			return nil, failed
		}
		if answer, err = kept(status, v); err == nil {
			err = failed
		}
		return answer, err
	})
}
