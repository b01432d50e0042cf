package rows

// Remarks are those of the rows, by name and peer.
var Remarks = remarks
