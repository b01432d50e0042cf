package risk

// Level is a score in a word.
type Level string

// The levels, with their scores.
const (
	Low      Level = "low"      // 0 to 20
	Medium   Level = "medium"   // 21 to 50
	High     Level = "high"     // 51 to 80
	Critical Level = "critical" // 81 to 100
)

// LevelOf is the level of a score. What is below 0 is low, what is above 100 critical.
func LevelOf(score int) Level {
	switch {
	case score <= 20:
		return Low
	case score <= 50:
		return Medium
	case score <= 80:
		return High
	}
	return Critical
}
