package veriff_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// TestPerson is what the host said, then what was read, and who was found on lists.
func TestPerson(t *testing.T) {
	t.Parallel()
	onEach(t, setup{policy: withScreening}, func(t *testing.T, h *house) {
		nobody := h.create(minimal).ID
		h.golden("person-none", strings.ReplaceAll(h.get(nobody, "/person").body, personID(h, nobody), "<person>"))
		id := h.create(everything).ID
		if got := h.get(id, "/person").body; !strings.Contains(got, `"firstName":"Ada"`) || !strings.Contains(got, `"idCode":"00000000000"`) ||
			!strings.Contains(got, `"nationality":null`) {
			t.Errorf("as given: %s", got)
		}
		h.submit(id)
		h.decide(id, decision.Verdict{Outcome: decision.Approved, Record: decision.Record{Person: &decision.Person{
			FirstName: "Ivo", LastName: "Madeup", FullName: "Ivo Madeup", Nationality: "EE", PlaceOfBirth: "Nowhere",
		}}})
		h.settle()
		h.golden("person", strings.ReplaceAll(h.get(id, "/person").body, personID(h, id), "<person>"))
	})
}

// personID is the id that the answer gives the person, which nobody can foretell; it stays the same.
func personID(h *house, id string) string {
	h.Helper()
	var ids [2]string
	for i := range ids {
		var body struct{ Person struct{ ID string } }
		if err := json.Unmarshal([]byte(h.get(id, "/person").body), &body); err != nil {
			h.Fatal(err)
		}
		ids[i] = body.Person.ID
	}
	if ids[0] != ids[1] || uuid.Validate(ids[0]) != nil || ids[0] == id {
		h.Errorf("the person's id is %q and then %q", ids[0], ids[1])
	}
	return ids[0]
}
