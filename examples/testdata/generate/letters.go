package main

import (
	"image"
	"image/color"
)

// letters are five wide and seven high, one string of rows each; # is ink.
var letters = map[rune][7]string{
	'A': {" ### ", "#   #", "#   #", "#####", "#   #", "#   #", "#   #"},
	'B': {"#### ", "#   #", "#   #", "#### ", "#   #", "#   #", "#### "},
	'C': {" ####", "#    ", "#    ", "#    ", "#    ", "#    ", " ####"},
	'D': {"#### ", "#   #", "#   #", "#   #", "#   #", "#   #", "#### "},
	'E': {"#####", "#    ", "#    ", "#### ", "#    ", "#    ", "#####"},
	'F': {"#####", "#    ", "#    ", "#### ", "#    ", "#    ", "#    "},
	'G': {" ####", "#    ", "#    ", "#  ##", "#   #", "#   #", " ####"},
	'H': {"#   #", "#   #", "#   #", "#####", "#   #", "#   #", "#   #"},
	'I': {"#####", "  #  ", "  #  ", "  #  ", "  #  ", "  #  ", "#####"},
	'K': {"#   #", "#  # ", "# #  ", "##   ", "# #  ", "#  # ", "#   #"},
	'L': {"#    ", "#    ", "#    ", "#    ", "#    ", "#    ", "#####"},
	'M': {"#   #", "## ##", "# # #", "# # #", "#   #", "#   #", "#   #"},
	'N': {"#   #", "##  #", "##  #", "# # #", "#  ##", "#  ##", "#   #"},
	'O': {" ### ", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "},
	'P': {"#### ", "#   #", "#   #", "#### ", "#    ", "#    ", "#    "},
	'R': {"#### ", "#   #", "#   #", "#### ", "# #  ", "#  # ", "#   #"},
	'S': {" ####", "#    ", "#    ", " ### ", "    #", "    #", "#### "},
	'T': {"#####", "  #  ", "  #  ", "  #  ", "  #  ", "  #  ", "  #  "},
	'U': {"#   #", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "},
	'V': {"#   #", "#   #", "#   #", "#   #", " # # ", " # # ", "  #  "},
	'W': {"#   #", "#   #", "#   #", "# # #", "# # #", "## ##", "#   #"},
	'X': {"#   #", " # # ", " # # ", "  #  ", " # # ", " # # ", "#   #"},
	'Y': {"#   #", "#   #", " # # ", "  #  ", "  #  ", "  #  ", "  #  "},
	'0': {" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "},
	'1': {"  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "},
	'2': {" ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####"},
	'4': {"   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "},
	'8': {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "},
	'9': {" ### ", "#   #", "#   #", " ####", "    #", "    #", " ### "},
	'<': {"    #", "   # ", "  #  ", " #   ", "  #  ", "   # ", "    #"},
	' ': {},
}

// text writes s with its upper left corner at x, y; each dot of a letter is size pixels wide.
func text(c *image.RGBA, s string, x, y, size int, col color.RGBA) {
	dots(s, func(dx, dy int) {
		fill(c, image.Rect(0, 0, size, size).Add(image.Pt(x+dx*size, y+dy*size)), col)
	})
}

// slanted writes s upwards to the right, as a stamp does, leaving every other line of pixels out.
func slanted(c *image.RGBA, s string, x, y, size int, col color.RGBA) {
	dots(s, func(dx, dy int) {
		for line := 0; line < size; line += 2 {
			for px := range size {
				along := dx*size + px
				c.SetRGBA(x+along*9/10, y+dy*size+line-along*4/10, col)
			}
		}
	})
}

// dots calls at for every dot of s. A letter that is not in the table is a mistake of whoever draws.
func dots(s string, at func(x, y int)) {
	for i, r := range s {
		letter, ok := letters[r]
		if !ok {
			panic("generate: no letter " + string(r))
		}
		for y, row := range letter {
			for x, dot := range row {
				if dot == '#' {
					at(6*i+x, y)
				}
			}
		}
	}
}
