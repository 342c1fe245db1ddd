// The kernel of the light answer for every processor.
#include "light.h"
#define WATERPLAN_LANES plain
#define WIDTH 2
#include "lane_light.h"
