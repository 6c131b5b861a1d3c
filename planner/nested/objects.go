package nested

import "trunkline/planner/jsontext"

// objects appends an array of objects.
type objects struct {
	text []byte
	some bool // in the object
}

func (o *objects) begin() {
	if o.some = false; o.text == nil {
		o.text = append(o.text, '[')
	} else if len(o.text) > 1 {
		o.text = append(o.text, ',')
	}
	o.text = append(o.text, '{')
}

func (o *objects) member(name string, value []byte) {
	if o.some {
		o.text = append(o.text, ',')
	}
	o.some = true
	o.text = append(jsontext.AppendString(o.text, []byte(name)), ':')
	o.text = append(o.text, value...)
}

func (o *objects) end() { o.text = append(o.text, '}') }

func (o *objects) array() []byte {
	if o.text == nil {
		return []byte("[]")
	}
	return append(o.text, ']')
}
