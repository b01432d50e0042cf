package verifa_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestTags(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	path := "/api/v1/sessions/" + h.create(liveKey, `{"tags":["a"]}`) + "/tags"
	many := func(n int) string {
		var tags []string
		for i := range n {
			tags = append(tags, fmt.Sprintf(`"t%d"`, i))
		}
		return "[" + strings.Join(tags, ",") + "]"
	}
	for _, row := range []struct{ method, tail, body, want string }{
		{"POST", "", `{"tag":"b"}`, "[a b]"}, {"POST", "", `{"tag":"b"}`, "[a b]"}, {"POST", "/remove", `{"tag":"a"}`, "[b]"},
		{"POST", "/remove", `{"tag":"nobody"}`, "[b]"}, {"PUT", "", `{"tags":["c","d","c"]}`, "[c d]"}, {"PUT", "", `{"tags":[]}`, "[]"},
		{"POST", "", `{"Tag":"B"}`, "[B]"}, {"PUT", "", `{"tags":` + many(60) + `}`, strings.NewReplacer(`"`, "", ",", " ").Replace(many(50))},
	} {
		if got := h.do(row.method, path+row.tail, liveKey, row.body).want(200); got.text("tags") != row.want {
			t.Errorf("%s %s %.60s: got %s, want %s", row.method, row.tail, row.body, got.body, row.want)
		}
	}
	if got := h.do("GET", strings.TrimSuffix(path, "/tags"), liveKey, nil).want(200); len(got.value("tags").([]any)) != 50 {
		t.Errorf("got %s, want 50 tags", got.body)
	}
	for _, row := range []struct{ method, tail, body, field string }{
		{"POST", "", `{"tag":"one more"}`, "tag"}, {"POST", "", `{}`, "tag"}, {"POST", "", `{"tag":""}`, "tag"}, {"POST", "", `{"tag":null}`, "tag"},
		{"POST", "", `{"tag":7}`, "tag"}, {"POST", "", `{"tags":["a"]}`, "tag"}, {"POST", "/remove", `{}`, "tag"}, {"PUT", "", `{}`, "tags"},
		{"PUT", "", `{"tags":null}`, "tags"}, {"PUT", "", `{"tags":"a"}`, "tags"}, {"PUT", "", `{"tags":["a",7]}`, "tags"}, {"PUT", "", `{"tags":[""]}`, "tags"},
		{"PUT", "", `{"tags":["` + strings.Repeat("x", 256) + `"]}`, "tags"}, {"PUT", "", `{"tags":[],"x":1}`, "x"},
	} {
		got := h.do(row.method, path+row.tail, liveKey, row.body).refused(422, "validation_error")
		if is := got.text("detail.0.field"); is != row.field && !strings.HasPrefix(is, row.field+".") || len(got.value("detail").([]any)) > 2 {
			t.Errorf("%s %s %.60s: got %s, want %s", row.method, row.tail, row.body, got.body, row.field)
		}
	}
}
