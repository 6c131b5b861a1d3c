package report

// figure is a drawing in SVG user units, which the page's template renders. Classes refer to the page's style sheet.
type figure struct {
	Title         string
	Width, Height float64
	Rects         []rect
	Lines         []line
	Curves        []polyline
	Dots          []dot
	Texts         []label
}

type rect struct {
	X, Y, Width, Height float64
	Class, Title        string
}

type line struct {
	X1, Y1, X2, Y2 float64
	Class          string
}

// polyline is a line through points in SVG's notation: "x,y x,y".
type polyline struct{ Points, Class string }

type dot struct {
	X, Y, Radius float64
	Class, Title string
}

// label is text. Anchor is start, middle or end.
type label struct {
	X, Y         float64
	Anchor, Text string
	Class        string
}

// series returns the class of the n-th target. The style sheet has eight colours.
func series(n int) string { return "s" + string(rune('0'+n%8)) }

func (f *figure) rect(x, y, width, height float64, class, title string) {
	f.Rects = append(f.Rects, rect{x, y, width, height, class, title})
}

func (f *figure) line(x1, y1, x2, y2 float64, class string) {
	f.Lines = append(f.Lines, line{x1, y1, x2, y2, class})
}

func (f *figure) dot(x, y, radius float64, class, title string) {
	f.Dots = append(f.Dots, dot{x, y, radius, class, title})
}

func (f *figure) text(x, y float64, anchor, class, text string) {
	f.Texts = append(f.Texts, label{x, y, anchor, text, class})
}
