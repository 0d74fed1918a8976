"""Prints what TensorBoard's readers find in a folder of event files as JSON."""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.util import tensor_util

folder = sys.argv[1]
everything = {
    event_accumulator.SCALARS: 0,
    event_accumulator.HISTOGRAMS: 0,
    event_accumulator.IMAGES: 0,
    event_accumulator.TENSORS: 0,
}
events = event_accumulator.EventAccumulator(folder, size_guidance=everything)
events.Reload()
tags = events.Tags()

page = plugin_event_accumulator.EventAccumulator(folder, tensor_size_guidance={}, size_guidance={"tensors": 0})
page.Reload()


def histogram_of(event):
    names = ["min", "max", "num", "sum", "sum_squares", "bucket_limit", "bucket"]
    return {"step": event.step, **{name: getattr(event.histogram_value, name) for name in names}}


def text_of(event):
    return tensor_util.make_ndarray(event.tensor_proto).item().decode()


def plugin_of(tag):
    tensors = [tensor_util.make_ndarray(event.tensor_proto) for event in page.Tensors(tag)]
    return {
        "plugin": page.SummaryMetadata(tag).plugin_data.plugin_name,
        "shapes": [list(tensor.shape) for tensor in tensors],
    }


found = {
    "scalars": {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags["scalars"]},
    "histograms": {tag: [histogram_of(e) for e in events.Histograms(tag)] for tag in tags["histograms"]},
    "images": {
        tag: [
            {"step": e.step, "width": e.width, "height": e.height, "size": len(e.encoded_image_string)}
            for e in events.Images(tag)
        ]
        for tag in tags["images"]
    },
    "texts": {tag: [[e.step, text_of(e)] for e in events.Tensors(tag)] for tag in tags["tensors"]},
    "plugins": {tag: plugin_of(tag) for tag in page.Tags()["tensors"]},
}
json.dump(found, sys.stdout, default=list)
