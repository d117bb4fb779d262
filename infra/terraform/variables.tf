variable "bucket_name" {
  description = "Name of the bucket; it has to be free in the whole world."
  type        = string
}

variable "origins" {
  description = "Origins of the pages that upload, such as https://app.example.com"
  type        = list(string)
}

variable "event_route" {
  description = "How events get into the queue: EventBridge, or SNS for buckets whose events others listen to as well."
  type        = string
  default     = "EventBridge"

  validation {
    condition     = contains(["EventBridge", "SNS"], var.event_route)
    error_message = "Expected EventBridge or SNS."
  }
}

variable "longest_slot_milliseconds" {
  description = "No slot works longer than this after it was signed. At least the slotTtl of every profile."
  type        = number
  default     = 3600000

  validation {
    condition     = var.longest_slot_milliseconds >= 60000 && var.longest_slot_milliseconds <= 604800000
    error_message = "Expected a minute to seven days, in milliseconds."
  }
}

variable "versioning" {
  description = "Keep what is deleted or replaced for thirty days more."
  type        = bool
  default     = false
}

variable "keeper_trust" {
  description = "The service that Berth runs on, and so who may take the keeper's role (EKS: pods.eks.amazonaws.com)."
  type        = string
  default     = "ecs-tasks.amazonaws.com"
}
