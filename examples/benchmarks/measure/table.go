package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is the table with what belongs to it.
type Report struct {
	Day      time.Time
	Machine  Machine
	Setting  Setting
	Outcomes []Outcome
}

// Markdown writes the report: when and where it was made, the table, and a note for each row that has one.
func (r Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s: %s. ", r.Day.Format("2006-01-02"), r.Machine)
	fmt.Fprintf(&b, "Each figure is the median of up to %d rounds, in which both sides take turns, ", r.Setting.Rounds)
	b.WriteString("with the least and the largest round in brackets.\n\n")
	if r.Setting.Quick {
		b.WriteString("**Sizes and times are those of a quick run: the figures say nothing about speed.**\n\n")
	}
	b.WriteString("| what | against | measured | aim | met? |\n| --- | --- | --- | --- | --- |\n")
	var notes []string
	for _, o := range r.Outcomes {
		measured, met := o.Cells()
		mark := ""
		if text := o.words(met); text != "" {
			at := slices.Index(notes, text)
			if at < 0 {
				at, notes = len(notes), append(notes, text)
			}
			mark = fmt.Sprintf(" <sup>%d</sup>", at+1)
		}
		fmt.Fprintf(&b, "| %s%s | %s | %s | %s | %s |\n", cell(o.Name), mark, cell(o.Against), cell(measured), o.Aim, met)
	}
	if len(notes) > 0 {
		b.WriteString("\n")
	}
	for i, note := range notes {
		fmt.Fprintf(&b, "%d. %s\n", i+1, note)
	}
	return b.String()
}

// words are the row's note, and its remark where the aim is missed.
func (o Outcome) words(met string) string {
	text := o.Note
	if o.Remark != "" && met != "yes" {
		text += " **Why the aim is missed:** " + o.Remark
	}
	return strings.TrimSpace(text)
}

// cell is a text that does not break the table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}
