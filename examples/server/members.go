package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
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

// policyOf reads what of a policy is not as the flags have it.
func policyOf(p *session.Policy) func(value) error {
	return func(v value) error {
		return v.object(members{
			"session_ttl":       duration(&p.Lifetime, time.Second),
			"resubmissions":     orNever(&p.Resubmissions, count(&p.Resubmissions, 0)),
			"resubmission_hold": orNever(&p.ResubmissionHold, duration(&p.ResubmissionHold, 0)),
			"in_progress":       orNever(&p.InProgress, duration(&p.InProgress, 0)),
			"deletion":          truth(&p.Deletion),
			"erasure_delay":     duration(&p.ErasureDelay, 0),
			"review":            truth(&p.Review),
			"required_contexts": contexts(&p.Required),
			"screening":         truth(&p.Screening),
			"monitoring":        duration(&p.Monitoring, 0),
			"registry":          truth(&p.Registry),
			"registry_sync":     truth(&p.RegistrySync),
			"strict":            truth(&p.Strict),
			"create_per_minute": count(&p.Create[0].N, 1),
			"delete_per_hour":   count(&p.Delete[0].N, 1),
			"delete_per_day":    count(&p.Delete[1].N, 1),
		})
	}
}
