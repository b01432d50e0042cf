package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// Each of these reads one member of the file to where it belongs, and says what is wrong with it.

// keep leaves the value for later.
func keep(into *value) func(value) error {
	return func(v value) error { *into = v; return nil }
}

func truth(into *bool) func(value) error {
	return func(v value) error {
		if c := v.kind(); c != 't' && c != 'f' {
			return v.fault("must be true or false")
		}
		return json.Unmarshal(v.raw, into)
	}
}

// truthIfSaid is truth that stays nil when it is left out.
func truthIfSaid(into **bool) func(value) error {
	return func(v value) error { *into = new(bool); return truth(*into)(v) }
}

func text(into *string) func(value) error {
	return func(v value) (err error) { *into, err = v.text(); return err }
}

func id(into *uuid.UUID) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err != nil {
			return err
		}
		parsed, err := uuid.Parse(text)
		if err != nil || len(text) != 36 || parsed == uuid.Nil {
			return v.fault("must be a UUID")
		}
		*into = parsed
		return nil
	}
}

var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$`)

// name reads a short text that can be printed anywhere.
func name(into *string) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err == nil && !names.MatchString(text) {
			err = v.fault("must be of letters, digits, spaces, dots, hyphens and underscores, at most 100")
		}
		*into = text
		return err
	}
}

// count reads a whole number that is at least least.
func count[T int | int64](into *T, least T) func(value) error {
	return func(v value) error {
		var n T
		if v.kind() == 'n' || json.Unmarshal(v.raw, &n) != nil || n < least {
			return v.fault("must be a whole number, at least %d", least)
		}
		*into = n
		return nil
	}
}

// duration reads a Go duration.
func duration(into *time.Duration, least time.Duration) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err != nil {
			return v.fault("must be a duration, such as %q", "36h")
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < least {
			return v.fault("must be a duration, such as %q, and at least %s", "36h", least)
		}
		*into = d
		return nil
	}
}

// orNever turns zero into less than that, for settings of a policy whose zero is their default.
func orNever[T int | time.Duration](into *T, read func(value) error) func(value) error {
	return func(v value) error {
		err := read(v)
		if *into == 0 {
			*into = -1
		}
		return err
	}
}

func address(into *string, allowPrivate bool) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err != nil {
			return err
		}
		if err := webhook.CheckURL(text, allowPrivate); err != nil {
			return v.fault("is not taken: %s", err)
		}
		*into = text
		return nil
	}
}

func contexts(into *[]media.Context) func(value) error {
	return func(v value) error {
		elements, err := v.list()
		*into = nil
		for _, element := range elements {
			text, err := element.text()
			if err != nil {
				return err
			}
			if !media.Context(text).Valid() {
				return element.fault("is no context of media")
			}
			*into = append(*into, media.Context(text))
		}
		return err
	}
}

// record reads a record of a decision, in JSON of its own; what is in its additional data is up to who gives it.
func record(into *decision.Record) func(value) error {
	return func(v value) error {
		if v.kind() != '{' {
			return v.fault("must be an object")
		}
		d := json.NewDecoder(bytes.NewReader(v.raw))
		d.DisallowUnknownFields()
		err := d.Decode(into)
		var other *json.UnmarshalTypeError
		switch {
		case errors.As(err, &other):
			return v.fault("has a %s in %s, where it must be a %s", other.Value, other.Field, other.Type.Kind())
		case err != nil:
			return v.fault("is not a record, whose members are as person.first_name and automation.fields: %s",
				strings.TrimPrefix(err.Error(), "json: "))
		}
		return nil
	}
}

// dialect reads the name of a wire language; "veriff" is that of whoever says nothing.
func dialect(into *string) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err == nil && text != "veriff" && text != verifa.Dialect {
			err = v.fault("must be veriff or verifa")
		}
		if text == verifa.Dialect {
			*into = text
		}
		return err
	}
}

func planOf(into *verifa.Plan) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err != nil {
			return err
		}
		plan, ok := plans()[text]
		if !ok {
			return v.fault("must be %s", planNames)
		}
		*into = plan
		return nil
	}
}

// each reads the elements of a list.
func each[T any](into *[]T, read func(*T) func(value) error) func(value) error {
	return func(v value) error {
		elements, err := v.list()
		*into = make([]T, len(elements))
		for i := 0; err == nil && i < len(elements); i++ {
			err = read(&(*into)[i])(elements[i])
		}
		return err
	}
}

// moment reads a time.
func moment(into *time.Time) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return v.fault("must be a time, such as %q", "2030-01-31T00:00:00Z")
		}
		*into = at.UTC()
		return nil
	}
}

// network reads an address, or a range of addresses.
func network(into *netip.Prefix) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err != nil {
			return err
		}
		if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
			*into = netip.PrefixFrom(addr, addr.BitLen())
			return nil
		}
		if *into, err = netip.ParsePrefix(text); err != nil {
			return v.fault("must be an address or a range of addresses, such as %q", "192.0.2.0/24")
		}
		return nil
	}
}

// rate reads a whole number, as the only rule for a time.
func rate(into *[]session.Rule, window time.Duration) func(value) error {
	return func(v value) error {
		var n int64
		err := count(&n, 1)(v)
		*into = []session.Rule{{N: n, Window: window}}
		return err
	}
}
