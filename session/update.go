package session

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
)

// Update says what is to change of a session's facts; what is nil stays.
type Update struct {
	// ExternalRef is the new one; a pointer to a nil pointer takes it away.
	ExternalRef **string
	// Metadata is a JSON object that is merged into the session's: a member that is null is taken away, any other is
	// set, and those that are not in it stay.
	Metadata json.RawMessage
}

// Update changes what a host may change of a session at any time.
//
// Errors: [ErrNotFound]; [ErrErased] once redacted; a *[FactsError] for what is not acceptable, with the merged
// metadata for what they are.
func (e *Engine) Update(ctx context.Context, id uuid.UUID, u Update) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "update", id)
	defer verb.done(&err)
	return e.updateFacts(ctx, id, EventUpdated, func(f *Facts) (changed bool, err error) {
		if u.ExternalRef != nil {
			f.ExternalRef, changed = *u.ExternalRef, true
		}
		if u.Metadata == nil {
			return changed, nil
		}
		f.Metadata, err = merge(f.Metadata, u.Metadata)
		return true, err
	})
}

// Tag gives a session one more tag; one that it has already changes nothing.
//
// Errors: those of [Engine.Update]; a *[FactsError] beyond [MaxTags].
func (e *Engine) Tag(ctx context.Context, id uuid.UUID, tag string) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "tag", id)
	defer verb.done(&err)
	return e.updateFacts(ctx, id, EventUpdated, func(f *Facts) (bool, error) {
		if slices.Contains(f.Tags, tag) {
			return false, nil
		}
		f.Tags = append(f.Tags, tag)
		return true, nil
	})
}

// Untag takes a tag away; one that the session has not changes nothing.
//
// Errors: those of [Engine.Update].
func (e *Engine) Untag(ctx context.Context, id uuid.UUID, tag string) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "untag", id)
	defer verb.done(&err)
	return e.updateFacts(ctx, id, EventUpdated, func(f *Facts) (bool, error) {
		before := len(f.Tags)
		f.Tags = slices.DeleteFunc(slices.Clone(f.Tags), func(t string) bool { return t == tag })
		return len(f.Tags) != before, nil
	})
}

// SetTags replaces a session's tags. One that is given twice is kept once.
//
// Errors: those of [Engine.Update]; a *[FactsError] beyond [MaxTags].
func (e *Engine) SetTags(ctx context.Context, id uuid.UUID, tags []string) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "set_tags", id)
	defer verb.done(&err)
	return e.updateFacts(ctx, id, EventUpdated, func(f *Facts) (bool, error) {
		each, known := []string(nil), map[string]bool{}
		for _, t := range tags {
			if !known[t] {
				each, known[t] = append(each, t), true
			}
		}
		changed := !slices.Equal(f.Tags, each)
		f.Tags = each
		return changed, nil
	})
}

// maxInvites is how often a person may be invited again
// (https://docs.withverifa.com/api-reference/sessions/resend-invite).
const maxInvites = 5

// Invite asks for one more invitation of the person, which the host sends when it is told of [EventInvited].
//
// Errors: [ErrNotFound]; [ErrErased]; [ErrOff] where the session was created without [Facts.Invite]; a
// *[TransitionError] when the session takes nothing from the person any more; [ErrEnough] beyond five.
func (e *Engine) Invite(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "invite", id)
	defer verb.done(&err)
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if !w.snap.RedactedAt.IsZero() {
			return ErrErased
		}
		if err := w.tick(); err != nil {
			return err
		}
		if err := takes(w.snap.Status, ActionLink, e.actor); err != nil {
			return err
		}
		invite := w.snap.Facts.Invite
		switch {
		case invite == nil:
			return ErrOff
		case invite.Sent > maxInvites:
			return ErrEnough
		}
		invite.Sent++
		w.snap.UpdatedAt = w.now
		if err := w.sealFacts(); err != nil {
			return err
		}
		return w.emit(EventInvited, e.actor, w.now)
	})
}

// updateFacts changes the facts of a session, which then are as acceptable as new ones.
func (e *Engine) updateFacts(ctx context.Context, id uuid.UUID, tell EventKind, change func(*Facts) (bool, error)) (*Snapshot, error) {
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if !w.snap.RedactedAt.IsZero() {
			return ErrErased
		}
		if err := w.tick(); err != nil {
			return err
		}
		changed, err := change(&w.snap.Facts)
		if err != nil || !changed {
			return err
		}
		if err := w.snap.Facts.Validate(); err != nil {
			return err
		}
		was := w.snap.Ref
		if w.snap.Ref = e.RefIndex(w.in, deref(w.snap.Facts.ExternalRef)); w.snap.Ref != was {
			if err := w.forgetIdentity(ctx, was); err != nil {
				return err
			}
		}
		w.snap.UpdatedAt = w.now
		if err := w.sealFacts(); err != nil {
			return err
		}
		return w.emit(tell, e.actor, w.now)
	})
}

// merge sets the members of a JSON object that another has, in the order in which they come; null takes away.
func merge(into, members json.RawMessage) (json.RawMessage, error) {
	if err := checkObject("metadata", members, maxMetadata); err != nil || len(members) == 0 {
		return into, err
	}
	return setMembers(into, members)
}

// setMembers is merge of objects that are known to be acceptable.
func setMembers(into, members json.RawMessage) (json.RawMessage, error) {
	names, values, err := membersOf(into)
	if err != nil {
		return nil, err
	}
	more, set, err := membersOf(members)
	if err != nil {
		return nil, err
	}
	for _, name := range more {
		if _, there := values[name]; !there {
			names = append(names, name)
		}
		values[name] = set[name]
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for _, name := range names {
		if string(values[name]) == "null" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		text, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b.Write(text)
		b.WriteByte(':')
		b.Write(values[name])
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// membersOf are the members of a JSON object, with the order of their names.
func membersOf(object json.RawMessage) (names []string, values map[string]json.RawMessage, err error) {
	values = map[string]json.RawMessage{}
	if len(object) == 0 {
		return nil, values, nil
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, nil, &FactsError{"metadata", FaultObject}
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, nil, &FactsError{"metadata", FaultObject}
		}
		text, _ := name.(string) // what an object's members begin with
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, nil, &FactsError{"metadata", FaultObject}
		}
		if _, there := values[text]; !there {
			names = append(names, text)
		}
		values[text] = value
	}
	return names, values, nil
}
