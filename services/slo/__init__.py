"""SLO: student learning objectives, from the draft to the scored result. SLO means nothing else."""
