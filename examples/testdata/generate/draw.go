package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// The colours of the pictures.
var (
	paper  = color.RGBA{226, 236, 240, 255}
	pale   = color.RGBA{188, 214, 222, 255}
	ink    = color.RGBA{28, 44, 66, 255}
	accent = color.RGBA{38, 104, 132, 255}
	red    = color.RGBA{196, 52, 52, 255}
	wall   = color.RGBA{206, 212, 218, 255}
	skin   = color.RGBA{226, 182, 150, 255}
	shade  = color.RGBA{196, 148, 118, 255}
	hair   = color.RGBA{72, 50, 38, 255}
	cloth  = color.RGBA{60, 92, 128, 255}
	white  = color.RGBA{250, 250, 250, 255}
)

// card draws the front of the specimen: 1200 by 756 pixels, in the proportion of a card of ISO/IEC 7810 ID-1.
func card() image.Image {
	c := image.NewRGBA(image.Rect(0, 0, 1200, 756))
	fill(c, c.Bounds(), paper)
	waves(c, pale)
	fill(c, image.Rect(0, 0, 1200, 110), accent)
	text(c, "REPUBLIC OF NOWHERE", 40, 25, 6, white)
	text(c, "IDENTITY CARD", 40, 78, 3, white)

	photo := image.Rect(50, 160, 410, 610)
	fill(c, photo, wall)
	face(c, photo)

	for i, field := range [][2]string{
		{"SURNAME", "SPECIMEN"},
		{"GIVEN NAMES", "ERIKA EXAMPLE"},
		{"DATE OF BIRTH", "29 FEB 1984"},
		{"NATIONALITY", "NOWHERE"},
		{"DOCUMENT NO", "X00000000"},
	} {
		y := 165 + i*92
		text(c, field[0], 470, y, 3, accent)
		text(c, field[1], 470, y+30, 6, ink)
	}
	text(c, "IDXNW<<SPECIMEN<<ERIKA<EXAMPLE<<<<<<<<", 50, 650, 5, ink)
	text(c, "X000000000NOW8402290F0000000<<<<<<<<<0", 50, 700, 5, ink)
	slanted(c, "SPECIMEN", 420, 620, 18, red)
	return c
}

// portrait draws a face before a wall, 900 by 1200 pixels.
func portrait() image.Image {
	c := image.NewRGBA(image.Rect(0, 0, 900, 1200))
	fill(c, c.Bounds(), wall)
	waves(c, color.RGBA{198, 204, 211, 255})
	face(c, c.Bounds())
	text(c, "SPECIMEN", 30, 1140, 5, red)
	return c
}

// face draws a head and shoulders that fill r.
func face(c *image.RGBA, r image.Rectangle) {
	w, h := float64(r.Dx()), float64(r.Dy())
	at := func(x, y, rx, ry float64, col color.RGBA) {
		ellipse(c, r, float64(r.Min.X)+x*w, float64(r.Min.Y)+y*h, rx*w, ry*h, col)
	}
	at(.50, 1.08, .46, .30, cloth)
	at(.50, .78, .13, .16, shade)
	at(.50, .40, .33, .31, hair)
	at(.50, .47, .27, .29, skin)
	at(.23, .48, .04, .06, shade)
	at(.77, .48, .04, .06, shade)
	for _, x := range []float64{.39, .61} {
		at(x, .38, .07, .012, hair)
		at(x, .44, .055, .028, white)
		at(x, .44, .024, .026, accent)
		at(x, .44, .011, .012, ink)
	}
	at(.50, .53, .025, .055, shade)
	at(.50, .63, .090, .026, red)
	at(.50, .615, .100, .016, skin)
}

func fill(c draw.Image, r image.Rectangle, col color.RGBA) {
	draw.Draw(c, r, image.NewUniform(col), image.Point{}, draw.Src)
}

// ellipse draws within a frame only.
func ellipse(c *image.RGBA, frame image.Rectangle, x, y, rx, ry float64, col color.RGBA) {
	for py := int(y - ry); py <= int(y+ry); py++ {
		for px := int(x - rx); px <= int(x+rx); px++ {
			dx, dy := (float64(px)-x)/rx, (float64(py)-y)/ry
			if dx*dx+dy*dy <= 1 && (image.Point{X: px, Y: py}).In(frame) {
				c.SetRGBA(px, py, col)
			}
		}
	}
}

// waves covers all of c with the fine lines of such papers.
func waves(c *image.RGBA, col color.RGBA) {
	b := c.Bounds()
	for i := -4; i < b.Dy()/20+4; i++ {
		for x := range b.Dx() {
			phase := float64(x)/90 + float64(i)/3
			y := float64(i*20) + 22*math.Sin(phase) + 9*math.Cos(2.3*phase)
			c.SetRGBA(x, int(y), col)
			c.SetRGBA(x, int(y)+1, col)
		}
	}
}
