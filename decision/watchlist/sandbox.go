package watchlist

import (
	"bytes"
	_ "embed"
)

//go:embed sandbox.jsonl
var sandbox []byte

// Sandbox is a list for tests, of people and an organisation that do not exist: Ivan Examplov (1963), sanctioned;
// Maria Specimen (1970-02-28), politically exposed, also known as Mary Muster; Norman Newsworthy (1981), in
// adverse media; Rita Regulated, warned of and struck off; and the sanctioned company Example Trading.
func Sandbox() *List {
	list, err := Parse(bytes.NewReader(sandbox))
	if err != nil {
		panic(err) // the file is part of the program
	}
	return list
}
