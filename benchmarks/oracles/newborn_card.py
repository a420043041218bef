"""新生儿社会保障卡. 社会保险法 §58: after the child is registered, once."""

from benchmarks.oracles import newborn_medical

CONDITIONS = newborn_medical.conditions("card")
CORRECTABLE = newborn_medical.CORRECTABLE
SAME = newborn_medical.SAME
