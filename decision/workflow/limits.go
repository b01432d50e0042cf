package workflow

// What a graph may have at most.
const (
	// MaxNodes is how many nodes a graph may have, beside those that [Graph.WithRequired] puts in.
	MaxNodes = 200
	// MaxConditions is how many conditions a node may have.
	MaxConditions = 50
	// MaxBytes is how long the JSON of a graph or of a list of steps may be.
	MaxBytes = 1 << 20

	maxID     = 64       // characters of an id of a node, of a policy's name, of a reason code
	maxText   = 1000     // bytes of a reason, and of a value that is a text
	maxPath   = 200      // bytes
	maxValues = 500      // of a list
	maxConfig = 16 << 10 // bytes
	maxDepth  = 16       // of nested JSON
)
